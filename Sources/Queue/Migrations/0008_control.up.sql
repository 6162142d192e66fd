-- What people do with jobs that exist: cancel, retry, wait.

-- Purpose: archive a job that waits, or ask the worker that runs it to stop.
-- Index: jobs_pkey.  Locks: the job's row if it waits; waits for nobody's lock.  Rows: one.
CREATE FUNCTION twinmill.cancel(job_id bigint) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  waits boolean := false;
  ended twinmill.final_state;
BEGIN
  -- A look before the lock: who asks for what runs needs none.
  IF NOT EXISTS (SELECT FROM twinmill.claims c WHERE cancel.job_id = ANY (c.job_ids)) THEN
    BEGIN
      -- A row that somebody holds is being claimed, released or ended: whoever has it next hears of the request.
      PERFORM FROM twinmill.live_jobs j WHERE j.job_id = cancel.job_id FOR UPDATE SKIP LOCKED;
      waits := FOUND;
      -- Statement by statement: what a claim made while it held the row is seen only by the next one.
      IF waits AND EXISTS (SELECT FROM twinmill.claims c WHERE cancel.job_id = ANY (c.job_ids)) THEN
        -- Undone with the lock: the end of a running job must not wait for the caller's transaction.
        RAISE EXCEPTION USING ERRCODE = '55006', MESSAGE = 'it runs';
      END IF;
    EXCEPTION WHEN object_in_use THEN
      waits := false;
    END;
  END IF;
  IF waits THEN
    PERFORM twinmill.archive(ARRAY[cancel.job_id], 'cancelled', 'cancel', format('cancelled by %s', session_user));
    PERFORM twinmill.release(ARRAY[cancel.job_id]);
    RETURN 'cancelled';
  END IF;
  IF EXISTS (SELECT FROM twinmill.live_jobs j WHERE j.job_id = cancel.job_id) THEN
    INSERT INTO twinmill.cancellations (job_id, requested_by) VALUES (cancel.job_id, session_user)
    ON CONFLICT DO NOTHING;
    PERFORM pg_notify('twinmill_cancel', cancel.job_id::text);
    RETURN 'cancelling';
  END IF;
  SELECT h.state INTO ended FROM twinmill.job_history h WHERE h.job_id = cancel.job_id;
  IF FOUND THEN
    RAISE EXCEPTION 'job % has already finished: %', cancel.job_id, ended USING ERRCODE = '55000',
      HINT = 'A finished job never changes.';
  END IF;
  RAISE EXCEPTION 'no job %', cancel.job_id USING ERRCODE = 'P0002',
    HINT = 'Look it up: SELECT job_id, state FROM twinmill.all_jobs ORDER BY job_id DESC LIMIT 20;';
END $$;
COMMENT ON FUNCTION twinmill.cancel(bigint) IS
  'cancelled: the job waited and is gone to history; cancelling: it runs, its worker stops it within a second or so';

-- Purpose: run a waiting job now, or repeat a finished one as a new job (a finished job never changes).
-- Index: jobs_pkey, job_history_job.  Locks: the job's row if it waits.  Rows: one.
CREATE FUNCTION twinmill.retry(job_id bigint, OUT new_job_id bigint, OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  live record;
  done twinmill.job_history;
  again record;
BEGIN
  UPDATE twinmill.live_jobs j SET state = 'ready', run_at = clock_timestamp(), turn = nextval('twinmill.turns')
  WHERE j.job_id = retry.job_id AND j.state = 'scheduled';
  IF FOUND THEN
    PERFORM twinmill.wake(j.queue) FROM twinmill.jobs j WHERE j.job_id = retry.job_id;
    new_job_id := retry.job_id;
    outcome := 'ready';
    RETURN;
  END IF;
  SELECT j.state INTO live FROM twinmill.jobs j WHERE j.job_id = retry.job_id;
  IF FOUND THEN
    RAISE EXCEPTION 'job % is %', retry.job_id, live.state USING ERRCODE = '55000',
      HINT = 'Only a scheduled or a finished job can be retried.';
  END IF;
  SELECT h.* INTO done FROM twinmill.job_history h WHERE h.job_id = retry.job_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no job %', retry.job_id USING ERRCODE = 'P0002',
      HINT = 'Look it up: SELECT job_id, state FROM twinmill.all_jobs ORDER BY job_id DESC LIMIT 20;';
  END IF;
  again := twinmill.insert_job(
    done.kind, done.twin_id, done.arguments, done.queue, done.priority, NULL, done.unique_key, done.max_attempts, NULL,
    NULL, done.tenant, done.concurrency_key, NULL, NULL, done.schedule, done.tick, retry.job_id);
  IF again.ready_in IS NOT NULL THEN PERFORM twinmill.wake(again.ready_in); END IF;
  new_job_id := again.job_id;
  outcome := again.outcome;
END $$;
COMMENT ON FUNCTION twinmill.retry(bigint) IS
  'ready: a scheduled job runs now; inserted: a finished job is repeated as new_job_id; merged: new_job_id does so already';

-- Purpose: the final state of a job, waited for.
-- Index: jobs_pkey, job_history_job.  Locks: none, but the caller's statement holds its snapshot while it waits.
CREATE FUNCTION twinmill.wait(job_id bigint, timeout interval DEFAULT '1 minute') RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  gives_up timestamptz := clock_timestamp() + timeout;
  pause double precision := 0.002;
  live record;
  ended text;
BEGIN
  LOOP
    -- Live first, history second: each statement sees what was committed before it, and a job only moves this way.
    SELECT j.state, j.xmin = pg_current_xact_id_if_assigned()::xid AS is_ours INTO live
    FROM twinmill.live_jobs j WHERE j.job_id = wait.job_id;
    IF NOT FOUND THEN
      SELECT h.state INTO ended FROM twinmill.job_history h WHERE h.job_id = wait.job_id;
      IF FOUND THEN
        RETURN ended;
      END IF;
      RAISE EXCEPTION 'no job %', wait.job_id USING ERRCODE = 'P0002',
        HINT = 'Look it up: SELECT job_id, state FROM twinmill.all_jobs ORDER BY job_id DESC LIMIT 20;';
    END IF;
    IF live.is_ours THEN
      RAISE EXCEPTION 'job % was enqueued in this transaction and cannot start before it commits', wait.job_id
        USING ERRCODE = '55000', HINT = 'Commit, then wait.';
    END IF;
    IF clock_timestamp() >= gives_up THEN
      RAISE EXCEPTION 'job % is still % after %', wait.job_id,
        (SELECT j.state FROM twinmill.jobs j WHERE j.job_id = wait.job_id), timeout USING ERRCODE = '57014',
        HINT = 'Is a worker running? SELECT * FROM twinmill.workers; or wait longer: twinmill.wait(id, ''1 hour'').';
    END IF;
    PERFORM pg_sleep(least(pause, greatest(extract(epoch FROM gives_up - clock_timestamp()), 0)));
    pause := least(pause * 1.5, 0.1);
  END LOOP;
END $$;
COMMENT ON FUNCTION twinmill.wait(bigint, interval) IS
  'Waits until a job has finished and returns completed, discarded or cancelled; an error after the timeout';

REVOKE ALL ON FUNCTION twinmill.cancel(bigint), twinmill.retry(bigint), twinmill.wait(bigint, interval) FROM PUBLIC;
