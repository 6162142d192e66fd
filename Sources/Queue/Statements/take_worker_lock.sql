-- Purpose: hold the lock that frees itself when this process dies. $1 lock key.
-- Index: none.  Locks: session-level advisory lock.  Rows: one.
SELECT pg_try_advisory_lock($1)
