-- Purpose: returns the unique key of the job of a planned instant. Nobody else may take it: keys that begin with
--          "twinmill:" are refused in requests.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- The planner inlines this function.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.tick_key(schedule text, planned_at timestamptz) RETURNS text
LANGUAGE sql STABLE
AS $$
  SELECT format('twinmill:schedule:%s:%s', tick_key.schedule,
                to_char(tick_key.planned_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
$$;
COMMENT ON FUNCTION twinmill.tick_key(text, timestamptz) IS 'The unique key of the job of a planned instant of a schedule';
