-- Purpose: enqueues a schedule's job now, besides its plan. Overlap policies count it like the schedule's other jobs.
-- Index:   schedules_pkey.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.run_schedule(name text, OUT job_id bigint, OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known twinmill.schedules;
BEGIN
  SELECT s.* INTO known FROM twinmill.schedules s WHERE s.name = run_schedule.name;
  IF NOT FOUND THEN
    PERFORM twinmill.no_schedule(run_schedule.name);
  END IF;
  SELECT e.job_id, e.outcome INTO job_id, outcome
  FROM twinmill.enqueue_tick(known.name, NULL, known.kind, known.twin_id, known.arguments, known.queue,
                             known.priority, NULL, NULL) AS e;
END $$;
COMMENT ON FUNCTION twinmill.run_schedule(text) IS 'Enqueues the job of a schedule now, besides its plan';
