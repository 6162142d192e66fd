-- Purpose: finds lane, queue and attempts for a request, if the lane exists and is_valid accepts the request. It does
--          not check that the twin exists.
-- Index:   kinds_pkey, lanes_by_name.
-- Locks:   none.
-- Rows:    one; none: the request needs the slow path.
-- The planner inlines this function.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.accept_fast(request twinmill.job_request, asked_at timestamptz)
RETURNS TABLE (lane integer, queue text, max_attempts integer)
LANGUAGE sql STABLE
AS $$
  SELECT l.lane, coalesce(request.queue, k.queue), coalesce(request.max_attempts, k.max_attempts)
  FROM twinmill.kinds k, LATERAL (
    SELECT l.lane FROM twinmill.lanes l
    WHERE l.queue = coalesce(request.queue, k.queue) AND l.kind = k.name AND l.tenant = coalesce(request.tenant, '')
      AND l.priority = coalesce(request.priority, 0)
    ORDER BY l.lane LIMIT 1
  ) AS l
  WHERE k.name = request.kind AND twinmill.is_valid(k, request, asked_at)
$$;
COMMENT ON FUNCTION twinmill.accept_fast(twinmill.job_request, timestamptz) IS
  'Lane, queue and attempts of a request that is_valid accepts; no row: ask check_request';
