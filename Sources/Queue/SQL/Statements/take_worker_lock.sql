-- Purpose: hold the lock that frees itself when this process dies, and say so: rescuers go by it only then. It may be
--          held for a while by this worker's own lost connection. $1 worker, $2 lock key.
-- Index: workers_pkey.  Locks: session-level advisory lock, the worker's row.  Rows: whether it is held; none: no worker.
UPDATE twinmill.workers w SET lock_key = CASE WHEN pg_try_advisory_lock($2) THEN $2 END
WHERE w.id = $1
RETURNING w.lock_key IS NOT NULL
