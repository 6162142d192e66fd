-- Purpose: for a test of the checker only: returns the jobs of workers that look dead. $1 workers.
-- Index:   none: claims is short.
-- Locks:   none.
-- Rows:    one per job.
SELECT member.job_id, c.worker
FROM twinmill.claims c, unnest(c.job_ids) AS member(job_id)
WHERE c.worker = ANY ($1::uuid[])
