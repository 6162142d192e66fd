-- Purpose: writes the progress of running jobs. $1 worker, $2 ids, $3 attempts, $4 percents, $5 messages.
-- Index:   progress_pkey; claims is short.
-- Locks:   the rows written.
-- Rows:    none. It leaves out jobs that are no longer the worker's.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.report_progress(
  worker uuid, job_ids bigint[], attempts integer[], percents real[], messages text[]) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
  INSERT INTO twinmill.progress AS p (job_id, attempt, percent, message)
  SELECT r.job_id, r.attempt, r.percent, r.message
  FROM unnest(report_progress.job_ids, attempts, percents, messages) AS r(job_id, attempt, percent, message)
  WHERE EXISTS (SELECT FROM twinmill.claims c
                WHERE c.worker = report_progress.worker AND r.job_id = ANY (c.job_ids))
  ORDER BY r.job_id
  ON CONFLICT (job_id) DO UPDATE
  SET attempt = excluded.attempt, percent = excluded.percent, message = excluded.message,
      updated_at = clock_timestamp()
$$;
COMMENT ON FUNCTION twinmill.report_progress(uuid, bigint[], integer[], real[], text[]) IS
  'Progress of running jobs; workers call it';
