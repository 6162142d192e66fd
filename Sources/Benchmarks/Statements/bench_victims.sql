-- Purpose: the jobs that a worker process is running. $1 its process id.
-- Index:   none: asked once, of a small queue.  Locks: none.  Rows: one per running job.
SELECT j.job_id FROM twinmill.jobs j JOIN twinmill.workers w ON w.id = j.claimed_by
WHERE w.pid = $1 AND j.state = 'running'
