-- Purpose: shows unfinished and finished jobs with the same columns.
-- Index:   jobs_pkey and job_history_job when a job_id is given; partitions of the history for a range of finished_at.
-- Locks:   none.
-- Rows:    one per job.
-- Grant:   twinmill_worker, twinmill_read
CREATE OR REPLACE VIEW twinmill.all_jobs AS
  SELECT job_id, state::text, kind, queue, tenant, twin_id, priority, attempt, max_attempts, crashes, unique_key,
         concurrency_key, arguments, NULL::text AS result, errors, enqueued_at, run_at, claimed_at,
         NULL::timestamptz AS started_at, NULL::timestamptz AS finished_at, claimed_by, requested_by, schedule, tick,
         retry_of
  FROM twinmill.jobs
  UNION ALL
  SELECT job_id, state::text, kind, queue, tenant, twin_id, priority, attempt, max_attempts, crashes, unique_key,
         concurrency_key, arguments, result, coalesce(errors, '[]'), enqueued_at, run_at, claimed_at,
         started_at, finished_at, claimed_by, requested_by, schedule, tick,
         retry_of
  FROM twinmill.job_history;
COMMENT ON VIEW twinmill.all_jobs IS
  'Live and finished jobs. Name a job_id or a range of finished_at: the history is long';
COMMENT ON COLUMN twinmill.all_jobs.job_id IS 'The job''s id';
COMMENT ON COLUMN twinmill.all_jobs.state IS 'blocked, scheduled, ready or running; or completed, discarded or cancelled';
COMMENT ON COLUMN twinmill.all_jobs.kind IS 'The kind of job';
COMMENT ON COLUMN twinmill.all_jobs.queue IS 'The queue';
COMMENT ON COLUMN twinmill.all_jobs.tenant IS 'Whom the work is for; empty: nobody in particular';
COMMENT ON COLUMN twinmill.all_jobs.twin_id IS 'The twin that the job is about';
COMMENT ON COLUMN twinmill.all_jobs.priority IS 'Lower runs first; 0 is the default';
COMMENT ON COLUMN twinmill.all_jobs.attempt IS 'Which attempt: the running one, or the last one';
COMMENT ON COLUMN twinmill.all_jobs.max_attempts IS 'How many attempts may end in an error';
COMMENT ON COLUMN twinmill.all_jobs.crashes IS 'How often a worker died or was lost with the job; the third time discards it';
COMMENT ON COLUMN twinmill.all_jobs.unique_key IS 'At most one unfinished job of a kind has it';
COMMENT ON COLUMN twinmill.all_jobs.concurrency_key IS 'The key that the queue''s limit per key counts by';
COMMENT ON COLUMN twinmill.all_jobs.arguments IS 'The JSON object that the kind reads';
COMMENT ON COLUMN twinmill.all_jobs.result IS 'stored, or unchanged: the input was what it was, and nothing was written';
COMMENT ON COLUMN twinmill.all_jobs.errors IS 'One object per failed attempt: attempt, time, cause, message';
COMMENT ON COLUMN twinmill.all_jobs.enqueued_at IS 'When the job was enqueued';
COMMENT ON COLUMN twinmill.all_jobs.run_at IS 'The earliest start';
COMMENT ON COLUMN twinmill.all_jobs.claimed_at IS 'When a worker claimed it';
COMMENT ON COLUMN twinmill.all_jobs.started_at IS 'When the last attempt began to load';
COMMENT ON COLUMN twinmill.all_jobs.finished_at IS 'When the job ended; NULL: it is live';
COMMENT ON COLUMN twinmill.all_jobs.claimed_by IS 'The worker that claimed it';
COMMENT ON COLUMN twinmill.all_jobs.requested_by IS 'The database role that asked for it';
COMMENT ON COLUMN twinmill.all_jobs.schedule IS 'The schedule that asked for it';
COMMENT ON COLUMN twinmill.all_jobs.tick IS 'The planned instant that asked for it';
COMMENT ON COLUMN twinmill.all_jobs.retry_of IS 'The finished job that this one repeats';
