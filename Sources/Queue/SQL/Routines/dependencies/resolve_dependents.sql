-- Purpose: discards or frees the jobs that wait for jobs which have ended. It runs in the transaction that ended them,
--          as a statement of its own. Its snapshot therefore includes every dependency that was committed before the
--          jobs' rows were locked.
-- Index:   dependencies_pkey, jobs_pkey; job_history_job only for jobs that others wait for.
-- Locks:   the rows of the dependents. It waits for the end of another batch, but not for an open transaction of an
--          application, which may have cancelled a dependent: all other batches would wait with it. It leaves such jobs
--          in the table unresolved, each on its own, for maintain_waiting.
-- Rows:    none.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.resolve_dependents(ended bigint[], patience text DEFAULT '500ms') RETURNS void
-- For this call only, as set_config below. It is less than deadlock_timeout: the other side of a deadlock goes on.
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '500ms'
AS $$
DECLARE
  final bigint[];
  uncompleted bigint[];
  one bigint;
BEGIN
  -- The snapshot of a transaction may lack dependencies that were committed since: maintain_waiting sees them.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    INSERT INTO twinmill.unresolved (job_id) SELECT DISTINCT unnest(ended) ON CONFLICT DO NOTHING;
    RETURN;
  END IF;

  -- Nearly always no job waits.
  PERFORM FROM twinmill.dependencies d WHERE d.depends_on = ANY (ended) LIMIT 1;
  IF NOT FOUND THEN RETURN; END IF;

  -- Only final jobs count. The others were requeued, or another claim has them.
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
  'Discards or frees the dependents of jobs that have ended; part of the transaction that ended them';
