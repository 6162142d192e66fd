-- Purpose: sets all limits of a queue at once. A limit that is left out is removed.
-- Index:   queue_settings_pkey.
-- Locks:   the queue's row of settings.
-- Rows:    none.
-- Grant:   twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.limit_queue(
  queue text, running integer DEFAULT NULL, running_per_key integer DEFAULT NULL, rate integer DEFAULT NULL,
  per interval DEFAULT '1 second', ageing interval DEFAULT '1 minute')
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM twinmill.settings_of(queue);
  IF running < 0 THEN
    RAISE EXCEPTION 'running must be at least 0, not %', running USING ERRCODE = '22023',
      HINT = '0 stops the queue; leave it out for no limit.';
  ELSIF running_per_key < 1 THEN
    RAISE EXCEPTION 'running_per_key must be at least 1, not %', running_per_key USING ERRCODE = '22023',
      HINT = 'Leave it out for no limit.';
  ELSIF rate < 1 THEN
    RAISE EXCEPTION 'rate must be at least 1, not %', rate USING ERRCODE = '22023',
      HINT = 'For less than one a second use a longer period: rate => 1, per => ''10 seconds''.';
  ELSIF per IS NULL OR per <= interval '0' THEN
    RAISE EXCEPTION 'per must be positive, not %', coalesce(per::text, 'NULL') USING ERRCODE = '22023',
      HINT = 'For example per => ''1 minute''.';
  ELSIF per > interval '1 year' THEN
    RAISE EXCEPTION 'per must be at most a year, not %', per USING ERRCODE = '22023',
      HINT = 'For example per => ''1 minute''.';
  ELSIF ageing IS NULL OR ageing < interval '0' THEN
    RAISE EXCEPTION 'ageing must not be negative, not %', coalesce(ageing::text, 'NULL') USING ERRCODE = '22023',
      HINT = 'How long a job must wait to be worth one step of priority, for example ageing => ''1 minute''.';
  END IF;
  UPDATE twinmill.queue_settings s
  SET max_running = limit_queue.running, max_running_per_key = limit_queue.running_per_key, rate = limit_queue.rate,
      rate_seconds = extract(epoch FROM per), ageing_seconds = extract(epoch FROM ageing),
      -- A changed rate starts with a full bucket.
      rate_left_at = CASE WHEN s.rate IS DISTINCT FROM limit_queue.rate THEN '-infinity' ELSE s.rate_left_at END
  WHERE s.queue = limit_queue.queue;
  PERFORM twinmill.wake(queue);
END $$;
COMMENT ON FUNCTION twinmill.limit_queue(text, integer, integer, integer, interval, interval) IS
  'Sets all limits of a queue: jobs running at once, of one concurrency_key at once, started per period; ageing is '
  'the wait that is worth one step of priority';
