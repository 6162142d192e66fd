-- Purpose: ends waiting jobs that are past their deadline or that somebody cancelled, makes jobs ready whose key has
--          room, and resolves the dependents that could not be resolved before. One worker does it at a time; the
--          others return at once.
-- Index:   jobs_deadline, cancellations, jobs_blocked_by_key. It reads claims only if there is something to end.
-- Locks:   its row of twinmill.turns; the jobs' rows. Rows that others hold are skipped.
-- Rows:    one per action, with the number of jobs.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.maintain_waiting() RETURNS TABLE (action text, jobs bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  ended bigint[];
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'maintain_waiting must see what other sessions have just committed' USING ERRCODE = '40001',
      HINT = 'Call it in a transaction of READ COMMITTED, as workers do.';
  END IF;
  PERFORM FROM twinmill.turns t WHERE t.name = 'maintain_waiting' FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN; END IF;

  ended := ARRAY(
    SELECT j.job_id FROM twinmill.live_jobs j
    WHERE j.deadline <= statement_timestamp()
      -- Running jobs are their workers' business, and must not hide the others.
      AND j.job_id NOT IN (SELECT unnest(c.job_ids) FROM twinmill.claims c)
    ORDER BY j.deadline LIMIT 1000 FOR UPDATE SKIP LOCKED);
  -- A new statement sees the claims made until the rows were locked.
  IF cardinality(ended) > 0 THEN
    ended := ARRAY(SELECT unnest(ended) EXCEPT SELECT unnest(c.job_ids) FROM twinmill.claims c);
  END IF;
  IF cardinality(ended) > 0 THEN
    PERFORM twinmill.archive(ended, 'discarded', 'deadline', 'its deadline passed while it waited');
    PERFORM twinmill.resolve_dependents(ended);
    action := 'deadline passed'; jobs := cardinality(ended); RETURN NEXT;
  END IF;

  ended := ARRAY(
    SELECT j.job_id FROM twinmill.live_jobs j
    WHERE j.job_id = ANY (ARRAY(SELECT r.job_id FROM twinmill.cancellations r))
    ORDER BY j.job_id FOR UPDATE SKIP LOCKED);
  IF cardinality(ended) > 0 THEN
    ended := ARRAY(SELECT unnest(ended) EXCEPT SELECT unnest(c.job_ids) FROM twinmill.claims c);
  END IF;
  IF cardinality(ended) > 0 THEN
    PERFORM twinmill.archive(ended, 'cancelled', 'cancel', 'cancelled as asked');
    PERFORM twinmill.resolve_dependents(ended);
    action := 'cancelled'; jobs := cardinality(ended); RETURN NEXT;
  END IF;
  DELETE FROM twinmill.cancellations r
  WHERE r.job_id NOT IN (
    SELECT j.job_id FROM twinmill.live_jobs j
    WHERE j.job_id = ANY (ARRAY(SELECT o.job_id FROM twinmill.cancellations o)));

  WITH late AS (
    DELETE FROM twinmill.unresolved u RETURNING u.job_id
  )
  SELECT array_agg(l.job_id) INTO ended FROM late l;
  IF cardinality(ended) > 0 THEN PERFORM twinmill.resolve_dependents(ended, '1ms'); END IF;

  jobs := twinmill.unblock_keys();
  IF jobs > 0 THEN action := 'key free'; RETURN NEXT; END IF;
END $$;
COMMENT ON FUNCTION twinmill.maintain_waiting() IS
  'Ends waiting jobs that are past their deadline or cancelled, and frees those whose key has room; workers call it '
  'with every heartbeat';
