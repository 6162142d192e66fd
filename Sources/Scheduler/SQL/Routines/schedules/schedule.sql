-- Purpose: makes a schedule, or replaces the one of that name. Instants that have run do not run again.
-- Index:   schedules_pkey.
-- Locks:   the schedule's row.
-- Rows:    one.
-- Grant:   twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.schedule(
  name text, cron text, kind text, arguments jsonb DEFAULT '{}', time_zone text DEFAULT 'UTC',
  twin uuid DEFAULT NULL, queue text DEFAULT NULL, priority integer DEFAULT 0, overlap text DEFAULT 'skip',
  catch_up text DEFAULT 'latest', catch_up_limit integer DEFAULT 10, jitter interval DEFAULT '0',
  enabled boolean DEFAULT true)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  LOOP
    UPDATE twinmill.schedules AS s SET
      cron = schedule.cron, time_zone = schedule.time_zone, kind = schedule.kind, arguments = schedule.arguments,
      twin_id = schedule.twin, queue = schedule.queue, priority = schedule.priority, overlap = schedule.overlap,
      catch_up = schedule.catch_up, catch_up_limit = schedule.catch_up_limit, jitter = schedule.jitter,
      enabled = schedule.enabled
    WHERE s.name = schedule.name;
    EXIT WHEN FOUND;
    INSERT INTO twinmill.schedules AS s
      (name, cron, time_zone, kind, arguments, twin_id, queue, priority, overlap, catch_up, catch_up_limit, jitter,
       enabled)
    VALUES
      (schedule.name, schedule.cron, schedule.time_zone, schedule.kind, schedule.arguments, schedule.twin,
       schedule.queue, schedule.priority, schedule.overlap, schedule.catch_up, schedule.catch_up_limit,
       schedule.jitter, schedule.enabled)
    ON CONFLICT DO NOTHING;
    EXIT WHEN FOUND;
  END LOOP;
  RETURN schedule.name;
END $$;
COMMENT ON FUNCTION twinmill.schedule(text, text, text, jsonb, text, uuid, text, integer, text, text, integer,
  interval, boolean) IS
  'Makes the schedule of that name, or replaces it; instants that have run do not run again; returns the name';
