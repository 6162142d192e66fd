-- Purpose: lets a schedule run again from now on. It does not make up for the disabled time.
-- Index:   schedules_pkey.
-- Locks:   the schedule's row.
-- Rows:    one.
-- Grant:   twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.enable_schedule(name text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE twinmill.schedules s SET enabled = true WHERE s.name = enable_schedule.name AND NOT s.enabled;
  IF NOT FOUND AND NOT EXISTS (SELECT FROM twinmill.schedules s WHERE s.name = enable_schedule.name) THEN
    PERFORM twinmill.no_schedule(enable_schedule.name);
  END IF;
  RETURN enable_schedule.name;
END $$;
COMMENT ON FUNCTION twinmill.enable_schedule(text) IS
  'Lets a disabled schedule run from now on; instants of the disabled time stay missed';
