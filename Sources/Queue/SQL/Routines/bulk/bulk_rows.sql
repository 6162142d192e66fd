-- Purpose: returns the requests that pass is_bulk as rows of live_jobs. $2 holds their ids, $3 to $7 their lanes.
-- Index:   kinds_pkey.
-- Locks:   none.
-- Rows:    one per request that passes.
-- The planner inlines this function.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.bulk_rows(
  requests twinmill.job_request[], ids bigint[], queues text[], kinds text[], tenants text[], priorities integer[],
  lanes integer[], asked_at timestamptz, unknown_twins uuid[], is_ordered_by_key boolean)
RETURNS TABLE (
  job_id bigint, state twinmill.job_state, lane integer, max_attempts integer, kind text, twin uuid, unique_key text,
  concurrency_key text, arguments jsonb, run_at timestamptz, deadline timestamptz)
LANGUAGE sql STABLE
AS $$
  SELECT a.job_id, CASE WHEN a.run_at > asked_at THEN 'scheduled' ELSE 'ready' END::twinmill.job_state, l.lane,
         coalesce(a.max_attempts, k.max_attempts), a.kind, a.twin, a.unique_key, a.concurrency_key, a.arguments,
         coalesce(a.run_at, asked_at), a.deadline
  FROM ROWS FROM (unnest(requests), unnest(ids))
    AS a(kind, twin, arguments, queue, priority, run_at, unique_key, max_attempts, depends_on, on_discard, tenant,
         concurrency_key, deadline, if_waiting, job_id)
  JOIN twinmill.kinds k ON k.name = a.kind
  JOIN unnest(queues, kinds, tenants, priorities, lanes) AS l(queue, kind, tenant, priority, lane)
    ON l.queue = coalesce(a.queue, k.queue) AND l.kind = a.kind AND l.tenant = coalesce(a.tenant, '')
    AND l.priority = coalesce(a.priority, 0)
  WHERE twinmill.is_bulk(
    k, ROW(a.kind, a.twin, a.arguments, a.queue, a.priority, a.run_at, a.unique_key, a.max_attempts, a.depends_on,
           a.on_discard, a.tenant, a.concurrency_key, a.deadline, a.if_waiting)::twinmill.job_request,
    asked_at, unknown_twins, is_ordered_by_key)
$$;
COMMENT ON FUNCTION twinmill.bulk_rows(twinmill.job_request[], bigint[], text[], text[], text[], integer[], integer[],
  timestamptz, uuid[], boolean) IS 'The requests that pass is_bulk, as rows of live_jobs';
