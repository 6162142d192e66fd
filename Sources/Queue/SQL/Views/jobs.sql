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
