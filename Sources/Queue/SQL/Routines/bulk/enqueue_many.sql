-- Purpose: inserts the jobs of a JSON array.
-- Index:   see insert_jobs.
-- Locks:   see insert_jobs and wake.
-- Rows:    one per object, by number.
-- Grant:   twinmill_worker, twinmill_enqueue
CREATE OR REPLACE FUNCTION twinmill.enqueue_many(jobs jsonb)
RETURNS TABLE (number bigint, job_id bigint, outcome text, message text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  read record;
BEGIN
  IF jobs IS NULL OR jsonb_typeof(jobs) <> 'array' THEN
    RAISE EXCEPTION 'jobs must be a JSON array, not %', coalesce(jsonb_typeof(jobs), 'NULL') USING ERRCODE = '22023',
      HINT = 'Pass for example ''[{"kind": "prediction", "twin": "…"}]''.';
  END IF;
  read := twinmill.read_requests(ARRAY(SELECT jsonb_array_elements(jobs)));
  RETURN QUERY SELECT * FROM twinmill.insert_jobs(read.requests, read.faults);
END $$;
COMMENT ON FUNCTION twinmill.enqueue_many(jsonb) IS
  'Inserts many jobs at once: an array of objects with the names of enqueue''s parameters; a twin may also be given as '
  'DOMAIN/SUBJECT. Per job: inserted, merged or replaced with job_id, or refused with the reason (message)';
