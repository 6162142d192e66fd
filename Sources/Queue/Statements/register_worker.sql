-- Purpose: a worker process introduces itself. $1 id, $2 lock key, $3 host, $4 pid, $5 version, $6 queues, $7 kinds,
--          $8 lease in seconds, $9 heartbeat in seconds.
-- Index: workers_pkey.  Locks: the new row.  Rows: the server's clock.
INSERT INTO twinmill.workers
  (id, lock_key, hostname, pid, version, queues, kinds, lease_until, heartbeat_seconds)
VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + make_interval(secs => $8), $9)
RETURNING clock_timestamp()
