-- Purpose: makes a scheduled job ready now, or repeats a finished job as a new job. A finished job itself never
--          changes.
-- Index:   jobs_pkey, job_history_job.
-- Locks:   the row of a scheduled job.
-- Rows:    one.
-- Grant:   twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.retry(
  job_id bigint, enqueued_at timestamptz DEFAULT NULL, OUT new_job_id bigint, OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  live record;
  done twinmill.job_history;
  again record;
BEGIN
  IF retry.enqueued_at IS NOT NULL THEN
    PERFORM twinmill.check_stranger(retry.job_id, twinmill.enqueued_at(retry.job_id), retry.enqueued_at);
  END IF;
  UPDATE twinmill.live_jobs j
  SET state = 'ready', run_at = clock_timestamp(), requeue_seq = nextval('twinmill.requeue_sequence')
  WHERE j.job_id = retry.job_id AND j.state = 'scheduled';
  IF FOUND THEN
    PERFORM twinmill.wake(j.queue) FROM twinmill.jobs j WHERE j.job_id = retry.job_id;
    new_job_id := retry.job_id;
    outcome := 'ready';
    RETURN;
  END IF;
  SELECT j.state INTO live FROM twinmill.jobs j WHERE j.job_id = retry.job_id;
  IF FOUND THEN
    -- A transaction's snapshot may be older than the job's end: then this raises 40001.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
      PERFORM FROM twinmill.live_jobs j WHERE j.job_id = retry.job_id FOR UPDATE SKIP LOCKED;
    END IF;
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
COMMENT ON FUNCTION twinmill.retry(bigint, timestamptz) IS
  'ready: a scheduled job runs now; inserted: new_job_id repeats a finished job; merged: new_job_id repeats it already';
