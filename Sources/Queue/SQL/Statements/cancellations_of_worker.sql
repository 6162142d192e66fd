-- Purpose: returns the running jobs of a worker that somebody asked to cancel. $1 worker.
-- Index:   none: cancellations is nearly empty, claims is short.
-- Locks:   none.
-- Rows:    few.
SELECT r.job_id FROM twinmill.cancellations r
WHERE EXISTS (SELECT FROM twinmill.claims c WHERE c.worker = $1 AND r.job_id = ANY (c.job_ids))
