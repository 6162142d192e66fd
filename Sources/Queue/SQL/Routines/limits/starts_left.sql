-- Purpose: the starts that a queue's rate leaves now: a bucket that fills evenly. Time counts in both directions: a clock
--          that goes back must not close the queue until it is where it was. The planner puts the body in its place.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.starts_left(s twinmill.queue_settings) RETURNS double precision
LANGUAGE sql VOLATILE
AS $$
  SELECT CASE WHEN s.rate_left_at = '-infinity' THEN s.rate
              ELSE least(s.rate, s.rate_left + s.rate / s.rate_seconds
                                 * abs(date_part('epoch', clock_timestamp() - s.rate_left_at))) END
$$;
COMMENT ON FUNCTION twinmill.starts_left(twinmill.queue_settings) IS 'Jobs that the rate of a queue lets start now';
