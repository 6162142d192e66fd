-- Purpose: waits until a job has finished and returns its final state.
-- Index:   jobs_pkey, job_history_job.
-- Locks:   none. The caller's statement holds its snapshot while it waits.
-- Rows:    one.
-- Grant:   twinmill_worker, twinmill_enqueue
CREATE OR REPLACE FUNCTION twinmill.wait(job_id bigint, timeout interval DEFAULT '1 minute') RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  gives_up timestamptz := clock_timestamp() + timeout;
  pause double precision := 0.002;
  live record;
  ended text;
BEGIN
  LOOP
    -- Live first, history second: each statement sees the commits before it, and a job moves only in this direction.
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
