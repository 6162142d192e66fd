-- Purpose: make ready what waits for the concurrency keys of jobs that just ended, in their transaction. $1 keys.
-- Index:   see twinmill.unpark.  Locks: the jobs' rows.  Rows: one.
SELECT twinmill.unpark($1::text[])
