-- Purpose: return the jobs of workers that stood still. $1 workers, $2 the beats they were seen at.
-- Index: see twinmill.rescue.  Rows: one per job that came back.
SELECT r.job_id, r.outcome FROM twinmill.rescue($1, $2) AS r
