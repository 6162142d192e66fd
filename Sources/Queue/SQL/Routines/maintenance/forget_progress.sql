-- Purpose: deletes the progress of jobs that are gone.
-- Index:   progress_pkey, jobs_pkey.
-- Locks:   the deleted rows.
-- Rows:    one: the number of rows.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.forget_progress() RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
  WITH gone AS (
    DELETE FROM twinmill.progress p
    WHERE p.job_id NOT IN (
      SELECT j.job_id FROM twinmill.live_jobs j
      WHERE j.job_id = ANY (ARRAY(SELECT o.job_id FROM twinmill.progress o)))
    RETURNING 1
  )
  SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION twinmill.forget_progress() IS 'Removes the progress of finished jobs; workers call it';
