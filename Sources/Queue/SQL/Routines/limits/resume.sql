-- Purpose: allows claims from a paused queue again, and wakes its workers.
-- Index:   queue_settings_pkey.
-- Locks:   the queue's row of settings.
-- Rows:    none.
-- Grant:   twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.resume(queue text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM twinmill.settings_of(queue);
  UPDATE twinmill.queue_settings s SET is_paused = false WHERE s.queue = resume.queue;
  PERFORM twinmill.wake(queue);
END $$;
COMMENT ON FUNCTION twinmill.resume(text) IS 'Ends twinmill.pause';
