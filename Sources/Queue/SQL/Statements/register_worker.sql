-- Purpose: registers a worker process. $1 id, $2 host, $3 pid, $4 version, $5 queues, $6 kinds, $7 lease in seconds, $8
--          heartbeat in seconds.
-- Index:   workers_pkey.
-- Locks:   the new row.
-- Rows:    one: the server's clock.
INSERT INTO twinmill.workers
  (id, hostname, pid, version, queues, kinds, lease_until, heartbeat_seconds)
VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp() + make_interval(secs => $7), $8)
RETURNING clock_timestamp()
