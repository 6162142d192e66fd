-- Purpose: makes jobs ready that wait for the concurrency keys of jobs that just ended, in their transaction. $1 keys.
-- Index:   see twinmill.unblock_keys.
-- Locks:   the rows of the jobs.
-- Rows:    one.
SELECT twinmill.unblock_keys($1::text[])
