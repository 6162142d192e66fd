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
COMMENT ON VIEW twinmill.all_jobs IS 'Live and finished jobs. Name a job_id or a range of finished_at: the history is long';
