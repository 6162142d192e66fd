-- Purpose: returns the number of starts that the rate of a queue leaves now: a token bucket that fills evenly. It takes
--          the absolute distance in time: after the clock has gone back, the queue must not stay closed until the old
--          time.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- The planner inlines this function.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.starts_left(s twinmill.queue_settings) RETURNS double precision
LANGUAGE sql VOLATILE
AS $$
  SELECT CASE WHEN s.rate_left_at = '-infinity' THEN s.rate
              ELSE least(s.rate, s.rate_left + s.rate / s.rate_seconds
                                 * abs(date_part('epoch', clock_timestamp() - s.rate_left_at))) END
$$;
COMMENT ON FUNCTION twinmill.starts_left(twinmill.queue_settings) IS 'Jobs that the rate of a queue lets start now';
