-- Purpose: returns the jobs that a claim did finish, after a connection was lost during COMMIT. $1 ids, $2 token.
-- Index:   job_history_job.
-- Locks:   none.
-- Rows:    one per finished job.
SELECT h.job_id FROM twinmill.job_history h WHERE h.job_id = ANY ($1::bigint[]) AND h.token = $2
