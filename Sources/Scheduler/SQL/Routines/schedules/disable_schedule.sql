-- Purpose: stops a schedule without losing it. Jobs that it has enqueued go on.
-- Index:   schedules_pkey.
-- Locks:   the schedule's row.
-- Rows:    one.
-- Grant:   twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.disable_schedule(name text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE twinmill.schedules s SET enabled = false WHERE s.name = disable_schedule.name AND s.enabled;
  IF NOT FOUND AND NOT EXISTS (SELECT FROM twinmill.schedules s WHERE s.name = disable_schedule.name) THEN
    PERFORM twinmill.no_schedule(disable_schedule.name);
  END IF;
  RETURN disable_schedule.name;
END $$;
COMMENT ON FUNCTION twinmill.disable_schedule(text) IS 'Stops a schedule until twinmill.enable_schedule()';
