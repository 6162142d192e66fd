-- Purpose: tells whether a request that has a lane can go into the table with many others in one statement. Such a
--          request is valid, and nothing but its unique key decides its outcome.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- The planner inlines this function.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.is_bulk(
  known twinmill.kinds, request twinmill.job_request, asked_at timestamptz, unknown_twins uuid[],
  is_ordered_by_key boolean)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
  SELECT (request.depends_on IS NULL OR request.depends_on = '{}')
    AND (request.unique_key IS NULL OR NOT (is_ordered_by_key OR starts_with(request.unique_key, 'twinmill:')))
    AND (request.twin IS NULL OR request.twin <> ALL (unknown_twins))
    AND twinmill.is_valid(known, request, asked_at)
$$;
COMMENT ON FUNCTION twinmill.is_bulk(twinmill.kinds, twinmill.job_request, timestamptz, uuid[], boolean) IS
  'Whether a request can go in with many others in one statement';
