-- Purpose: running jobs of this worker that somebody asked to cancel. $1 worker.
-- Index: jobs_running, jobs_pkey; cancellations is all but empty.  Locks: none.  Rows: few.
SELECT c.job_id FROM twinmill.cancellations c JOIN twinmill.jobs j ON j.id = c.job_id 
WHERE j.claimed_by = $1 AND j.state = 'running'
