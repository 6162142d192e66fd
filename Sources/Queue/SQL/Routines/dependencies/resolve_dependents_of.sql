-- Purpose: discards or frees the jobs that wait for $1, jobs that have ended. $2 lists the jobs of $1 that were not
--          completed. If another session holds a row for longer than lock_timeout, the call changes nothing and raises
--          55P03.
-- Index:   dependencies_pkey, dependencies_job, jobs_pkey. The plan is made anew for each call, by the number of jobs.
-- Locks:   the rows of the dependents, by id.
-- Rows:    none.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.resolve_dependents_of(final bigint[], uncompleted bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off
SET enable_seqscan = off SET enable_nestloop = off SET enable_mergejoin = off
AS $$
DECLARE
  doomed bigint[] := '{}';
  known bigint[];
  blamed bigint[];
  waiting bigint[];
  resolved bigint[];
  woken record;
BEGIN
  -- A job to discard may get new dependents until it is locked. The loop looks again under the locks.
  LOOP
    known := doomed;
    IF cardinality(uncompleted) > 0 THEN
      doomed := ARRAY(
        WITH RECURSIVE fate(job_id) AS (
          SELECT d.job_id FROM twinmill.dependencies d
          WHERE d.depends_on = ANY (uncompleted) AND d.on_discard = 'discard'
          UNION
          SELECT d.job_id FROM fate f, LATERAL (
            SELECT d.job_id FROM twinmill.dependencies d
            WHERE d.depends_on = f.job_id AND d.on_discard = 'discard' OFFSET 0
          ) AS d
        )
        SELECT f.job_id FROM fate f ORDER BY f.job_id);
    END IF;
    waiting := ARRAY(
      SELECT DISTINCT d.job_id FROM twinmill.dependencies d WHERE d.depends_on = ANY (final || doomed) ORDER BY 1);
    PERFORM FROM twinmill.live_jobs j WHERE j.job_id = ANY (waiting) ORDER BY j.job_id FOR UPDATE;
    EXIT WHEN doomed = known;
  END LOOP;

  IF cardinality(doomed) > 0 THEN
    SELECT array_agg(b.job_id), array_agg(b.depends_on) INTO doomed, blamed
    FROM (SELECT d.job_id, min(d.depends_on) AS depends_on FROM twinmill.dependencies d
          WHERE d.job_id = ANY (doomed) AND d.on_discard = 'discard' AND d.depends_on = ANY (uncompleted || doomed)
          GROUP BY d.job_id) AS b;
    PERFORM twinmill.archive(
      doomed, 'discarded', 'dependency', 'job %s, which it depends on, was not completed', blamed);
    DELETE FROM twinmill.dependencies d WHERE d.job_id = ANY (doomed);
  END IF;

  WITH edges AS (
    DELETE FROM twinmill.dependencies d WHERE d.depends_on = ANY (final || doomed) RETURNING d.job_id
  )
  SELECT array_agg(e.job_id ORDER BY e.job_id), array_agg(e.count ORDER BY e.job_id) INTO waiting, resolved
  FROM (SELECT e.job_id, count(*) FROM edges e GROUP BY e.job_id) AS e;
  WITH freed AS (
    UPDATE twinmill.live_jobs j
    SET waits_for = j.waits_for - d.resolved,
        state = CASE WHEN j.waits_for > d.resolved THEN 'blocked'
                     WHEN j.run_at > clock_timestamp() THEN 'scheduled' ELSE 'ready' END::twinmill.job_state,
        requeue_seq = CASE WHEN j.waits_for = d.resolved AND j.run_at <= clock_timestamp()
                           THEN nextval('twinmill.requeue_sequence') END
    FROM unnest(waiting, resolved) AS d(job_id, resolved)
    WHERE j.job_id = ANY (waiting) AND j.job_id = d.job_id
    RETURNING j.lane, j.state
  )
  SELECT count(twinmill.wake(l.queue)) INTO woken
  FROM (SELECT DISTINCT f.lane FROM freed f WHERE f.state = 'ready') AS f
  CROSS JOIN LATERAL (SELECT l.queue FROM twinmill.lanes l WHERE l.lane = f.lane OFFSET 0) AS l;
END $$;
COMMENT ON FUNCTION twinmill.resolve_dependents_of(bigint[], bigint[]) IS
  'Discards or frees the dependents of final jobs; twinmill.resolve_dependents calls it';
