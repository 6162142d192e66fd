-- Purpose: removes a schedule. Its jobs and the record of its ticks stay.
-- Index:   schedules_pkey.
-- Locks:   the schedule's row.
-- Rows:    one.
-- Grant:   twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.unschedule(name text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM twinmill.schedules s WHERE s.name = unschedule.name;
  IF NOT FOUND THEN
    PERFORM twinmill.no_schedule(unschedule.name);
  END IF;
  RETURN unschedule.name;
END $$;
COMMENT ON FUNCTION twinmill.unschedule(text) IS 'Removes a schedule; its jobs and its ticks stay';
