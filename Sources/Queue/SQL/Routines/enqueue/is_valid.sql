-- Purpose: whether check_request would refuse nothing, but for the twin's existence and for what the name of a lane says:
--          no lane has a bad queue, tenant or priority. It may say no to a good request, never yes to a bad one: whoever
--          hears no asks check_request.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Neither SET nor SECURITY DEFINER, so that the planner puts the body in the place of the call. Each expression is made
-- ready anew in every transaction, so the fewer the better.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.is_valid(known twinmill.kinds, request twinmill.job_request, asked_at timestamptz)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
  SELECT known.name IS NOT NULL
    AND jsonb_typeof(request.arguments) = 'object'
    AND coalesce(request.arguments @@ known.accepts,
                 twinmill.schema_fault(known.arguments_schema, request.arguments) IS NULL)
    AND (request.twin IS NOT NULL OR NOT known.needs_twin)
    AND (request.unique_key IS NULL OR char_length(request.unique_key) BETWEEN 1 AND 200)
    AND (request.max_attempts IS NULL OR request.max_attempts BETWEEN 1 AND 1000)
    AND (request.on_discard IS NULL OR request.on_discard = '{discard}' OR request.on_discard = '{run}')
    AND (request.concurrency_key IS NULL OR char_length(request.concurrency_key) BETWEEN 1 AND 200)
    AND (request.run_at IS NULL OR isfinite(request.run_at))
    AND (request.deadline IS NULL OR request.deadline > greatest(asked_at, request.run_at))
    AND (request.if_waiting IS NULL OR request.if_waiting = 'keep'
         OR (request.if_waiting = 'replace' AND request.unique_key IS NOT NULL AND request.depends_on IS NULL))
$$;
COMMENT ON FUNCTION twinmill.is_valid(twinmill.kinds, twinmill.job_request, timestamptz) IS
  'Whether nothing but perhaps its lane is wrong with a request at a glance';
