-- Purpose: tells why a finished job did not complete. $1 the job.
-- Index:   the history's.  Locks: none.  Rows: one; none when the job is not finished.
SELECT errors -> -1 ->> 'message' AS message FROM twinmill.job_history WHERE job_id = $1::bigint
