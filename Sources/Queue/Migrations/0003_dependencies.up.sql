-- Jobs that wait for others, and what the end of a job sets free.

CREATE TABLE twinmill.dependencies (
  depends_on  bigint NOT NULL,
  job_id      bigint NOT NULL,
  on_discard  text NOT NULL CHECK (on_discard IN ('discard', 'run')),
  PRIMARY KEY (depends_on, job_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE twinmill.dependencies IS 'Which unfinished job waits for which; an edge goes when its depends_on ends';
COMMENT ON COLUMN twinmill.dependencies.on_discard IS
  'When depends_on is discarded or cancelled: discard this job too, or run it all the same';
CREATE INDEX dependencies_job ON twinmill.dependencies (job_id);

-- Jobs that have ended and whose dependents somebody's open transaction held: upkeep lets those go.
CREATE TABLE twinmill.unreleased (job_id bigint PRIMARY KEY);
COMMENT ON TABLE twinmill.unreleased IS 'Finished jobs with dependents that could not be let go yet; nearly always empty';

-- Purpose: let go what waited for jobs that have ended, all of it or, if somebody holds a row for longer than
--          lock_timeout, nothing (55P03). $2 those of $1 that were not completed.
-- Index:   dependencies_pkey, dependencies_job, jobs_pkey: planned anew each time, by the number of jobs.
-- Locks:   the dependents' rows, by id.  Rows: none.
CREATE FUNCTION twinmill.let_go(final bigint[], uncompleted bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off
SET enable_seqscan = off SET enable_nestloop = off SET enable_mergejoin = off
AS $$
DECLARE
  doomed bigint[] := '{}';
  known bigint[];
  blamed bigint[];
  waiting bigint[];
  released bigint[];
  woken record;
BEGIN
  -- Until it is locked, a job that is to be discarded gets new dependents: looked at again under the locks.
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
  SELECT array_agg(e.job_id ORDER BY e.job_id), array_agg(e.count ORDER BY e.job_id) INTO waiting, released
  FROM (SELECT e.job_id, count(*) FROM edges e GROUP BY e.job_id) AS e;
  WITH freed AS (
    UPDATE twinmill.live_jobs j
    SET waits_for = j.waits_for - d.released,
        state = CASE WHEN j.waits_for > d.released THEN 'blocked'
                     WHEN j.run_at > clock_timestamp() THEN 'scheduled' ELSE 'ready' END::twinmill.job_state,
        turn = CASE WHEN j.waits_for = d.released AND j.run_at <= clock_timestamp()
                    THEN nextval('twinmill.turns') END
    FROM unnest(waiting, released) AS d(job_id, released)
    WHERE j.job_id = ANY (waiting) AND j.job_id = d.job_id
    RETURNING j.lane, j.state
  )
  SELECT count(twinmill.wake(l.queue)) INTO woken
  FROM (SELECT DISTINCT f.lane FROM freed f WHERE f.state = 'ready') AS f
  CROSS JOIN LATERAL (SELECT l.queue FROM twinmill.lanes l WHERE l.lane = f.lane OFFSET 0) AS l;
END $$;
COMMENT ON FUNCTION twinmill.let_go(bigint[], bigint[]) IS 'Lets go the dependents of final jobs; twinmill.release calls it';
REVOKE ALL ON FUNCTION twinmill.let_go(bigint[], bigint[]) FROM PUBLIC;

-- Purpose: let go what waited for jobs that have ended. Runs in the transaction that ended them, as a statement of its
--          own: its snapshot includes the edges of whoever enqueued until the jobs' rows were locked.
-- Index:   dependencies_pkey, jobs_pkey, job_history_job (only for jobs that others wait for).  Rows: none.
-- Locks:   the dependents' rows. It waits for who holds one as long as another's end takes, not as long as an
--          application's open transaction (which has cancelled a dependent, say): the batches of all others would wait
--          with it. Jobs whose dependents are held so are left to the upkeep, each for itself.
CREATE FUNCTION twinmill.release(ended bigint[], patience text DEFAULT '500ms') RETURNS void
-- For this call only, as set_config below. Less than deadlock_timeout: the other side of a deadlock goes on.
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '500ms'
AS $$
DECLARE
  final bigint[];
  uncompleted bigint[];
  one bigint;
BEGIN
  -- Nearly always nobody waits.
  PERFORM FROM twinmill.dependencies d WHERE d.depends_on = ANY (ended) LIMIT 1;
  IF NOT FOUND THEN RETURN; END IF;

  -- Of the jobs given only those that are final: the others were handed back, or are somebody else's.
  final := ARRAY(
    SELECT DISTINCT d.depends_on FROM twinmill.dependencies d
    WHERE d.depends_on = ANY (ended)
      AND d.depends_on NOT IN (SELECT j.job_id FROM twinmill.live_jobs j WHERE j.job_id = ANY (ended)));
  IF final = '{}' THEN RETURN; END IF;
  uncompleted := ARRAY(
    SELECT h.job_id FROM twinmill.job_history h WHERE h.job_id = ANY (final) AND h.state <> 'completed');
  PERFORM set_config('lock_timeout', patience, true);
  BEGIN
    PERFORM twinmill.let_go(final, uncompleted);
    RETURN;
  EXCEPTION WHEN lock_not_available THEN
    PERFORM set_config('lock_timeout', '1ms', true);
  END;
  FOREACH one IN ARRAY final LOOP
    BEGIN
      PERFORM twinmill.let_go(ARRAY[one], CASE WHEN one = ANY (uncompleted) THEN ARRAY[one] ELSE '{}' END);
    EXCEPTION WHEN lock_not_available THEN
      INSERT INTO twinmill.unreleased (job_id) VALUES (one) ON CONFLICT DO NOTHING;
    END;
  END LOOP;
END $$;
COMMENT ON FUNCTION twinmill.release(bigint[], text) IS
  'Lets go the dependents of jobs that have ended; run in the transaction that ended them';
REVOKE ALL ON FUNCTION twinmill.release(bigint[], text) FROM PUBLIC;

-- Purpose: close the gap between an enqueue and its commit: what it depends on may have ended meanwhile, and whoever
--          ended it did not see the edge. At commit the job depended on is locked (an instant: nothing waits for an
--          application's open transaction), and if it is gone the dependent is let go here.
-- Index: jobs_pkey.  Locks: the row of the job depended on, FOR KEY SHARE, while the transaction commits.
CREATE FUNCTION twinmill.settle_dependency() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM FROM twinmill.live_jobs j WHERE j.job_id = NEW.depends_on FOR KEY SHARE;
  IF NOT FOUND THEN
    PERFORM twinmill.release(ARRAY[NEW.depends_on]);
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION twinmill.settle_dependency() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER settle AFTER INSERT ON twinmill.dependencies
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION twinmill.settle_dependency();
