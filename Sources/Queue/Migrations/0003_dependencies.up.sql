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

-- Purpose: let go what waited for jobs that have ended: dependents, and the next of a concurrency key.
--          Runs in the transaction that ended them, as a statement of its own: its snapshot includes the edges of
--          whoever enqueued until the jobs' rows were locked.
-- Index:   dependencies_pkey, job_history_job (only for jobs that others wait for), jobs_pkey.
-- Locks:   the dependents' rows, by id.  Rows: none.
CREATE FUNCTION twinmill.release(ended bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  final bigint[];
  doomed record;
BEGIN
  -- Nearly always nobody waits.
  PERFORM FROM twinmill.dependencies d WHERE d.depends_on = ANY (ended) LIMIT 1;
  IF NOT FOUND THEN RETURN; END IF;

  -- Of the jobs given only those that are final: the others were handed back, or are somebody else's.
  final := ARRAY(
    SELECT DISTINCT d.depends_on FROM twinmill.dependencies d
    WHERE d.depends_on = ANY (ended)
      AND NOT EXISTS (SELECT FROM twinmill.live_jobs j WHERE j.job_id = d.depends_on));

  FOR doomed IN
    WITH RECURSIVE fate(job_id, cause) AS (
      SELECT d.job_id, d.depends_on FROM twinmill.dependencies d
      WHERE d.depends_on = ANY (final) AND d.on_discard = 'discard'
        AND EXISTS (SELECT FROM twinmill.job_history h WHERE h.job_id = d.depends_on AND h.state <> 'completed')
      UNION
      SELECT d.job_id, d.depends_on FROM fate f JOIN twinmill.dependencies d ON d.depends_on = f.job_id
      WHERE d.on_discard = 'discard'
    )
    SELECT f.job_id, min(f.cause) AS cause FROM fate f GROUP BY f.job_id ORDER BY f.job_id
  LOOP
    PERFORM FROM twinmill.live_jobs j WHERE j.job_id = doomed.job_id FOR UPDATE;
    PERFORM twinmill.archive(ARRAY[doomed.job_id], 'discarded', 'dependency',
      format('job %s, which it depends on, was not completed', doomed.cause));
    final := final || doomed.job_id;
  END LOOP;
  DELETE FROM twinmill.dependencies d WHERE d.job_id = ANY (final);

  WITH edges AS (
    DELETE FROM twinmill.dependencies d WHERE d.depends_on = ANY (final) RETURNING d.job_id
  ), dependents AS MATERIALIZED (
    SELECT j.job_id, (SELECT count(*) FROM edges e WHERE e.job_id = j.job_id) AS released
    FROM twinmill.live_jobs j
    WHERE j.job_id IN (SELECT e.job_id FROM edges e)
    ORDER BY j.job_id
    FOR UPDATE OF j
  ), freed AS (
    UPDATE twinmill.live_jobs j
    SET waits_for = j.waits_for - d.released,
        state = CASE WHEN j.waits_for > d.released THEN 'blocked'
                     WHEN j.run_at > clock_timestamp() THEN 'scheduled' ELSE 'ready' END::twinmill.job_state,
        turn = CASE WHEN j.waits_for = d.released AND j.run_at <= clock_timestamp()
                    THEN nextval('twinmill.turns') END
    FROM dependents d
    WHERE j.job_id = d.job_id
    RETURNING j.lane, j.state
  )
  SELECT count(twinmill.wake(l.queue)) INTO doomed
  FROM (SELECT DISTINCT f.lane FROM freed f WHERE f.state = 'ready') AS f JOIN twinmill.lanes l ON l.lane = f.lane;
END $$;
COMMENT ON FUNCTION twinmill.release(bigint[]) IS
  'Lets go the dependents of jobs that have ended; run in the transaction that ended them';
REVOKE ALL ON FUNCTION twinmill.release(bigint[]) FROM PUBLIC;

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
