-- Purpose: builds a request from named parameters, with the defaults of enqueue.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Plain SQL: the planner inlines it in a query over many rows.
-- Grant:   twinmill_worker, twinmill_enqueue
CREATE OR REPLACE FUNCTION twinmill.request(
  kind text, twin uuid DEFAULT NULL, arguments jsonb DEFAULT '{}', queue text DEFAULT NULL,
  priority integer DEFAULT 0, run_at timestamptz DEFAULT NULL, unique_key text DEFAULT NULL,
  max_attempts integer DEFAULT NULL, depends_on bigint[] DEFAULT NULL, on_discard text[] DEFAULT '{discard}',
  tenant text DEFAULT '', concurrency_key text DEFAULT NULL, deadline timestamptz DEFAULT NULL,
  if_waiting text DEFAULT 'keep')
RETURNS twinmill.job_request
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT ROW(kind, twin, arguments, queue, priority, run_at, unique_key, max_attempts, depends_on, on_discard, tenant,
             concurrency_key, deadline, if_waiting)::twinmill.job_request
$$;
COMMENT ON FUNCTION twinmill.request(text, uuid, jsonb, text, integer, timestamptz, text, integer, bigint[], text[], text,
  text, timestamptz, text) IS 'A request for one job, for twinmill.enqueue_all';
