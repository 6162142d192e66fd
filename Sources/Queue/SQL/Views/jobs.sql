-- Purpose: shows unfinished jobs with their lane, the claim that runs them and their progress.
-- Index:   jobs_pkey, lanes_pkey and progress_pkey when a job_id is given. It reads all of claims.
-- Locks:   none.
-- Rows:    one per unfinished job.
-- Grant:   twinmill_worker, twinmill_read
CREATE OR REPLACE VIEW twinmill.jobs AS
  SELECT j.job_id,
         CASE WHEN c.token IS NULL THEN j.state ELSE 'running' END AS state,
         j.kind, l.queue, l.tenant, l.priority, j.twin_id,
         (j.attempt + (c.token IS NOT NULL)::integer)::smallint AS attempt, j.max_attempts, j.crashes,
         j.unique_key, j.concurrency_key, j.arguments, coalesce(j.errors, '[]') AS errors,
         j.enqueued_at, j.run_at, j.deadline, j.waits_for, c.claimed_at, c.worker AS claimed_by, c.token,
         p.percent, p.message, j.requested_by, j.schedule, j.tick, j.retry_of
  FROM twinmill.live_jobs j
  JOIN twinmill.lanes l ON l.lane = j.lane
  LEFT JOIN (SELECT q.token, q.worker, q.claimed_at, running.job_id
             FROM twinmill.claims q, unnest(q.job_ids) AS running(job_id)) AS c ON c.job_id = j.job_id
  LEFT JOIN twinmill.progress p ON p.job_id = j.job_id;
COMMENT ON VIEW twinmill.jobs IS 'Live jobs: blocked, scheduled, ready or running. Finished jobs are in job_history';
COMMENT ON COLUMN twinmill.jobs.priority IS 'Lower runs first; 0 is the default';
COMMENT ON COLUMN twinmill.jobs.attempt IS 'The running one included; 0 = never claimed';
COMMENT ON COLUMN twinmill.jobs.percent IS 'Progress as the job last reported it, perhaps in an earlier attempt';
COMMENT ON COLUMN twinmill.jobs.job_id IS 'The job''s id';
COMMENT ON COLUMN twinmill.jobs.state IS 'blocked, scheduled, ready or running';
COMMENT ON COLUMN twinmill.jobs.kind IS 'The kind of job';
COMMENT ON COLUMN twinmill.jobs.queue IS 'The queue';
COMMENT ON COLUMN twinmill.jobs.tenant IS 'Whom the work is for; empty: nobody in particular';
COMMENT ON COLUMN twinmill.jobs.twin_id IS 'The twin that the job is about';
COMMENT ON COLUMN twinmill.jobs.max_attempts IS 'How many attempts may end in an error';
COMMENT ON COLUMN twinmill.jobs.crashes IS 'How often a worker died or was lost with the job; the third time discards it';
COMMENT ON COLUMN twinmill.jobs.unique_key IS 'At most one unfinished job of a kind has it';
COMMENT ON COLUMN twinmill.jobs.concurrency_key IS 'The key that the queue''s limit per key counts by';
COMMENT ON COLUMN twinmill.jobs.arguments IS 'The JSON object that the kind reads';
COMMENT ON COLUMN twinmill.jobs.errors IS 'One object per failed attempt: attempt, time, cause, message';
COMMENT ON COLUMN twinmill.jobs.enqueued_at IS 'When the job was enqueued';
COMMENT ON COLUMN twinmill.jobs.run_at IS 'The earliest start';
COMMENT ON COLUMN twinmill.jobs.deadline IS 'When the job is discarded, running or not';
COMMENT ON COLUMN twinmill.jobs.waits_for IS 'How many unfinished jobs it depends on';
COMMENT ON COLUMN twinmill.jobs.claimed_at IS 'When a worker claimed it';
COMMENT ON COLUMN twinmill.jobs.claimed_by IS 'The worker that claimed it';
COMMENT ON COLUMN twinmill.jobs.token IS 'Random per claim: part of the fence';
COMMENT ON COLUMN twinmill.jobs.message IS 'The last progress message that the job reported';
COMMENT ON COLUMN twinmill.jobs.requested_by IS 'The database role that asked for it';
COMMENT ON COLUMN twinmill.jobs.schedule IS 'The schedule that asked for it';
COMMENT ON COLUMN twinmill.jobs.tick IS 'The planned instant that asked for it';
COMMENT ON COLUMN twinmill.jobs.retry_of IS 'The finished job that this one repeats';
