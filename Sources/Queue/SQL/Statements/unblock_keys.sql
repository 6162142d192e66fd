-- Purpose: make ready what waits for the concurrency keys of jobs that just ended, in their transaction. $1 keys.
-- Index:   see twinmill.unblock_keys.  Locks: the jobs' rows.  Rows: one.
SELECT twinmill.unblock_keys($1::text[])
