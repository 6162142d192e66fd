-- Purpose: returns the instant at which a job was enqueued. Beside its id, it names the job for good: see
--          check_stranger. It sees the jobs of the caller's own statement.
-- Index:   jobs_pkey, job_history_job.
-- Locks:   none.
-- Rows:    one; NULL: no such job.
-- Grant:   twinmill_worker, twinmill_enqueue
CREATE OR REPLACE FUNCTION twinmill.enqueued_at(job_id bigint) RETURNS timestamptz
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce(
    (SELECT j.enqueued_at FROM twinmill.live_jobs j WHERE j.job_id = $1),
    (SELECT h.enqueued_at FROM twinmill.job_history h WHERE h.job_id = $1 LIMIT 1))
$$;
COMMENT ON FUNCTION twinmill.enqueued_at(bigint) IS
  'When a job was enqueued: SELECT job_id, twinmill.enqueued_at(job_id) FROM twinmill.enqueue(…). wait, cancel and '
  'retry take it, and refuse another job that got the same id after a failover';
