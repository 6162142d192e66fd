-- Purpose: move jobs that do not run to the history. The caller has locked them and knows that nobody claims them.
--          $5: the jobs to blame, one each; the message names them with %s. NULL: the message stands as it is.
-- Index:   jobs_pkey.
-- Locks:   the jobs' rows.
-- Rows:    one per job that was still there.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.archive(
  job_ids bigint[], final twinmill.final_state, cause text, message text, blamed bigint[] DEFAULT NULL)
RETURNS SETOF bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_nestloop = off SET enable_mergejoin = off SET jit = off
AS $$
  WITH gone AS (
    DELETE FROM twinmill.live_jobs j USING unnest(archive.job_ids, archive.blamed) AS a(job_id, blamed)
    WHERE j.job_id = ANY (archive.job_ids) AND j.job_id = a.job_id
    RETURNING j.*, a.blamed
  )
  INSERT INTO twinmill.job_history
    (job_id, state, kind, queue, tenant, twin_id, priority, attempt, max_attempts, crashes, unique_key,
     concurrency_key, arguments, errors, enqueued_at, run_at, finished_at, requested_by, schedule, tick, retry_of)
  SELECT g.job_id, archive.final, g.kind, l.queue, l.tenant, g.twin_id, l.priority, g.attempt, g.max_attempts,
         g.crashes, g.unique_key, g.concurrency_key, g.arguments,
         coalesce(g.errors, '[]') || jsonb_build_object(
           'attempt', g.attempt, 'at', clock_timestamp(), 'cause', archive.cause,
           'message', CASE WHEN g.blamed IS NULL THEN archive.message ELSE format(archive.message, g.blamed) END),
         g.enqueued_at, g.run_at, clock_timestamp(), g.requested_by, g.schedule, g.tick, g.retry_of
  FROM gone g
  CROSS JOIN LATERAL (SELECT l.queue, l.tenant, l.priority FROM twinmill.lanes l WHERE l.lane = g.lane OFFSET 0) AS l
  RETURNING job_id
$$;
COMMENT ON FUNCTION twinmill.archive(bigint[], twinmill.final_state, text, text, bigint[]) IS
  'Ends jobs that wait; twinmill.cancel and the upkeep of deadlines call it';
