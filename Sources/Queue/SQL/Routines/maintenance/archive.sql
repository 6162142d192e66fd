-- Purpose: moves jobs to the history. The caller has locked them and knows that no worker can claim them. $3 and $4 are
--          the cause and the message of a last error (NULL: none). $5 holds a job to blame for each one, which replaces
--          %s in the message. $6 holds the claims under which they ran, if they did.
-- Index:   jobs_pkey.
-- Locks:   the jobs' rows.
-- Rows:    one per job that was still there.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.archive(
  job_ids bigint[], final twinmill.final_state, cause text, message text, blamed bigint[] DEFAULT NULL,
  claims twinmill.claims[] DEFAULT NULL)
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
     concurrency_key, arguments, errors, enqueued_at, run_at, claimed_at, finished_at, claimed_by, token,
     requested_by, schedule, tick, retry_of)
  SELECT g.job_id, archive.final, g.kind, l.queue, l.tenant, g.twin_id, l.priority, g.attempt, g.max_attempts,
         g.crashes, g.unique_key, g.concurrency_key, g.arguments,
         CASE WHEN archive.message IS NULL THEN g.errors
              ELSE coalesce(g.errors, '[]') || twinmill.attempt_error(
                g.attempt, archive.cause,
                CASE WHEN g.blamed IS NULL THEN archive.message ELSE format(archive.message, g.blamed) END) END,
         g.enqueued_at, g.run_at, c.claimed_at, clock_timestamp(), c.worker, c.token, g.requested_by, g.schedule,
         g.tick, g.retry_of
  FROM gone g
  LEFT JOIN (
    SELECT c.token, c.worker, c.claimed_at, member.job_id
    FROM unnest(archive.claims) AS c, unnest(c.job_ids) AS member(job_id)
  ) AS c ON c.job_id = g.job_id
  CROSS JOIN LATERAL (SELECT l.queue, l.tenant, l.priority FROM twinmill.lanes l WHERE l.lane = g.lane OFFSET 0) AS l
  RETURNING job_id
$$;
COMMENT ON FUNCTION twinmill.archive(
  bigint[], twinmill.final_state, text, text, bigint[], twinmill.claims[]) IS
  'Moves jobs to the history that no worker runs: cancelled, past their deadline, discarded by a dependency or a crash';
