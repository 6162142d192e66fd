-- Purpose: let go what waited for jobs that have ended. Runs in the transaction that ended them, as a statement of its
--          own: its snapshot includes the edges of whoever enqueued until the jobs' rows were locked.
-- Index:   dependencies_pkey, jobs_pkey, job_history_job (only for jobs that others wait for).
-- Locks:   the dependents' rows. It waits for who holds one as long as another's end takes, not as long as an
--          application's open transaction (which has cancelled a dependent, say): the batches of all others would wait
--          with it. Jobs whose dependents are held so are left to the upkeep, each for itself.
-- Rows:    none.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.resolve_dependents(ended bigint[], patience text DEFAULT '500ms') RETURNS void
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
    PERFORM twinmill.resolve_dependents_of(final, uncompleted);
    RETURN;
  EXCEPTION WHEN lock_not_available THEN
    PERFORM set_config('lock_timeout', '1ms', true);
  END;
  FOREACH one IN ARRAY final LOOP
    BEGIN
      PERFORM twinmill.resolve_dependents_of(ARRAY[one], CASE WHEN one = ANY (uncompleted) THEN ARRAY[one] ELSE '{}' END);
    EXCEPTION WHEN lock_not_available THEN
      INSERT INTO twinmill.unresolved (job_id) VALUES (one) ON CONFLICT DO NOTHING;
    END;
  END LOOP;
END $$;
COMMENT ON FUNCTION twinmill.resolve_dependents(bigint[], text) IS
  'Lets go the dependents of jobs that have ended; run in the transaction that ended them';
