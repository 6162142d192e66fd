-- Purpose: takes the advisory lock that the server frees when this process dies, and records whether it is held: only
--          then rescuers go by it. The worker's own lost connection may hold it for a while. $1 worker, $2 lock key.
-- Index:   workers_pkey.
-- Locks:   a session-level advisory lock, the worker's row.
-- Rows:    one: whether it is held; none: the worker is not registered.
UPDATE twinmill.workers w SET lock_key = CASE WHEN pg_try_advisory_lock($2) THEN $2 END
WHERE w.id = $1
RETURNING w.lock_key IS NOT NULL
