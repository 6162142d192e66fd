-- Purpose: builds the entry of `errors` for an attempt that failed; every statement that records an error calls it. A
--          member without a value is left out. The planner inlines this function.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.attempt_error(
  attempt integer, cause text, message text, claimed_at timestamptz DEFAULT NULL, worker uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE sql VOLATILE
AS $$
  SELECT jsonb_strip_nulls(jsonb_build_object(
    'attempt', attempt, 'at', clock_timestamp(), 'claimed_at', claimed_at, 'cause', cause, 'message', message,
    'worker', worker))
$$;
COMMENT ON FUNCTION twinmill.attempt_error(integer, text, text, timestamptz, uuid) IS
  'The entry of errors for an attempt that failed';
