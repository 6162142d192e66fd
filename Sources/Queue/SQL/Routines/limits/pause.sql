-- Purpose: stops claims from a queue. Running jobs go on.
-- Index:   queue_settings_pkey.
-- Locks:   the queue's row of settings.
-- Rows:    none.
-- Grant:   twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.pause(queue text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM twinmill.settings_of(queue);
  UPDATE twinmill.queue_settings s SET is_paused = true WHERE s.queue = pause.queue;
END $$;
COMMENT ON FUNCTION twinmill.pause(text) IS 'Stops claims from the queue; running jobs go on';
