-- Purpose: tells whether check_request would accept the request, apart from its twin and its lane's name. A lane never
--          has a bad queue, tenant or priority. The function may reject a good request, but it never accepts a bad one:
--          after a no the caller asks check_request.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- It has neither SET nor SECURITY DEFINER: the planner then inlines it. Each transaction prepares each expression anew,
-- so every expression costs.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.is_valid(known twinmill.kinds, request twinmill.job_request, asked_at timestamptz)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
  SELECT known.name IS NOT NULL
    AND pg_column_size(request.arguments) <= known.arguments_limit
    AND jsonb_typeof(request.arguments) = 'object'
    AND (NOT known.is_for_operators OR has_function_privilege(session_user, 'twinmill.may_probe()', 'EXECUTE'))
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
  'Whether a request is good, apart from its twin and its lane; false: ask check_request';
