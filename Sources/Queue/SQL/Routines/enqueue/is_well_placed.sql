-- Purpose: whether a lane may be named so: what is_sound leaves open. As is_sound.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.is_well_placed(request twinmill.job_request) RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
  SELECT (request.queue IS NULL OR request.queue ~ '^[A-Za-z0-9_.-]{1,63}$')
    AND (request.priority IS NULL OR request.priority BETWEEN -32768 AND 32767)
    AND (request.tenant IS NULL OR char_length(request.tenant) <= 200)
$$;
COMMENT ON FUNCTION twinmill.is_well_placed(twinmill.job_request) IS
  'Whether nothing is wrong with the queue, priority and tenant of a request';
