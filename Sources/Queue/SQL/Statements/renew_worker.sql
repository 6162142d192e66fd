-- Purpose: renews a worker's lease: the heartbeat, one row whatever the number of jobs. $1 worker, $2 lease in seconds,
--          $3 jobs running, $4 draining, $5 clock offset in ms.
-- Index:   workers_pkey.
-- Locks:   the worker's row.
-- Rows:    one: the server's clock; none: the worker was declared dead, the lease is lost.
UPDATE twinmill.workers w
SET renewed_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => $2),
    heartbeats = w.heartbeats + 1, jobs_running = $3, is_draining = $4, clock_offset_ms = $5
WHERE w.id = $1
RETURNING clock_timestamp()
