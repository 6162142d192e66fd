-- Purpose: returns the unique key of a caller's request, and refuses one that Twinmill keeps for itself: the keys of
--          recompute and of the schedules. With such a key a caller could keep a twin from ever being recomputed.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- The planner inlines this function: a call with a key of its own evaluates one comparison.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.own_key(unique_key text) RETURNS text
LANGUAGE sql STABLE
AS $$
  SELECT CASE WHEN starts_with(unique_key, 'twinmill:') THEN twinmill.reserved_key(unique_key) ELSE unique_key END
$$;
COMMENT ON FUNCTION twinmill.own_key(text) IS 'The unique key of a request; refuses the keys of recompute and of schedules';
