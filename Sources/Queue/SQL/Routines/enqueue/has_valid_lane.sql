-- Purpose: checks queue, priority and tenant of a request, which is_valid leaves open.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- The planner inlines this function.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.has_valid_lane(request twinmill.job_request) RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
  SELECT (request.queue IS NULL OR request.queue ~ '^[A-Za-z0-9_.-]{1,63}$')
    AND (request.priority IS NULL OR request.priority BETWEEN -32768 AND 32767)
    AND (request.tenant IS NULL OR char_length(request.tenant) <= 200)
$$;
COMMENT ON FUNCTION twinmill.has_valid_lane(twinmill.job_request) IS
  'Whether queue, priority and tenant of a request are valid';
