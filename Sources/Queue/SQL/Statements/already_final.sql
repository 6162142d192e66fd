-- Purpose: after a connection was lost during COMMIT: which jobs this claim did finish. $1 ids, $2 token.
-- Index: job_history_job.  Locks: none.  Rows: one per finished job.
SELECT h.job_id FROM twinmill.job_history h WHERE h.job_id = ANY ($1::bigint[]) AND h.token = $2
