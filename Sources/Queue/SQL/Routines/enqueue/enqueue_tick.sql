-- Purpose: inserts the job of a planned instant of a schedule. The scheduler calls it.
-- Index:   see insert_job.
-- Locks:   see insert_job and wake.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.enqueue_tick(
  schedule text, tick timestamptz, kind text, twin uuid, arguments jsonb, queue text, priority integer,
  run_at timestamptz, unique_key text, OUT job_id bigint, OUT outcome text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  done record := twinmill.insert_job(
    kind, twin, arguments, queue, priority, run_at, unique_key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, schedule,
    tick, NULL);
BEGIN
  IF done.ready_in IS NOT NULL THEN PERFORM twinmill.wake(done.ready_in); END IF;
  job_id := done.job_id;
  outcome := done.outcome;
END $$;
COMMENT ON FUNCTION twinmill.enqueue_tick(text, timestamptz, text, uuid, jsonb, text, integer, timestamptz, text) IS
  'Inserts the job of a planned instant of a schedule; the scheduler calls it';
