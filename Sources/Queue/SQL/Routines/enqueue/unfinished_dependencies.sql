-- Purpose: returns the unfinished jobs that a request must wait for, in the order given. A finished one is done with,
--          or forbids the request. A job that is neither live nor in the history is refused, also when the history has
--          forgotten it: nothing tells how it ended.
-- Index:   jobs_pkey, job_history_job.
-- Locks:   none. settle_dependency handles a job that finishes before the commit.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.unfinished_dependencies(
  request twinmill.job_request, OUT job_ids bigint[], OUT rules text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  edge record;
BEGIN
  job_ids := '{}';
  rules := '{}';
  FOR edge IN
    -- One snapshot: a job is live or in the history, never both.
    SELECT g.job_id, EXISTS (SELECT FROM twinmill.live_jobs j WHERE j.job_id = g.job_id) AS is_live,
           (SELECT h.state FROM twinmill.job_history h WHERE h.job_id = g.job_id) AS ended,
           coalesce(request.on_discard[least(g.position, cardinality(request.on_discard))], 'discard') AS rule
    FROM (SELECT d.job_id, min(d.position) AS position
          FROM unnest(request.depends_on) WITH ORDINALITY AS d(job_id, position)
          GROUP BY d.job_id) AS g
    ORDER BY g.position
  LOOP
    IF edge.is_live THEN
      job_ids := job_ids || edge.job_id;
      rules := rules || edge.rule;
    ELSIF edge.ended IS NULL THEN
      RAISE EXCEPTION 'no job % to depend on', coalesce(edge.job_id::text, 'NULL') USING ERRCODE = 'P0002',
        HINT = 'Was its enqueue committed, is it past the history''s retention? Leave it out if it is known to be done.';
    ELSIF edge.ended <> 'completed' AND edge.rule = 'discard' THEN
      RAISE EXCEPTION 'job %, to depend on, is %', edge.job_id, edge.ended USING ERRCODE = '55000',
        HINT = 'Retry it and depend on the new job, or pass on_discard => ''{run}'' to run all the same.';
    END IF;
  END LOOP;
END $$;
COMMENT ON FUNCTION twinmill.unfinished_dependencies(twinmill.job_request) IS
  'The jobs that a request must wait for; refuses unknown ones, and discarded ones unless on_discard is run';
