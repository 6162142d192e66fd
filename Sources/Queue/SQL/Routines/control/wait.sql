-- Purpose: waits until a job has finished and returns its final state. A server process does not notice that its
--          client is gone while it runs a statement, unless it writes to it: a NOTICE every 15 s ends a forgotten wait.
-- Index:   jobs_pkey, job_history_job.
-- Locks:   none. The caller's statement holds its snapshot while it waits.
-- Rows:    one.
-- Grant:   twinmill_worker, twinmill_enqueue
CREATE OR REPLACE FUNCTION twinmill.wait(
  job_id bigint, timeout interval DEFAULT '1 minute', enqueued_at timestamptz DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET client_min_messages = notice
AS $$
DECLARE
  longest constant interval := '1 day';
  began timestamptz := clock_timestamp();
  gives_up timestamptz;
  tells timestamptz := began + interval '15 seconds';
  pause double precision := 0.002;
  live record;
  done record;
BEGIN
  IF timeout > longest THEN
    RAISE EXCEPTION 'timeout must be at most %, not %', longest, timeout USING ERRCODE = '22023',
      HINT = 'NULL waits that long. For longer, ask again: SELECT twinmill.wait(id, NULL);';
  END IF;
  gives_up := began + coalesce(timeout, longest);
  LOOP
    -- Live first, history second: each statement sees the commits before it, and a job moves only in this direction.
    SELECT j.state, j.enqueued_at, j.xmin = pg_current_xact_id_if_assigned()::xid AS is_ours INTO live
    FROM twinmill.live_jobs j WHERE j.job_id = wait.job_id;
    IF FOUND THEN
      PERFORM twinmill.check_stranger(wait.job_id, live.enqueued_at, wait.enqueued_at);
    ELSE
      SELECT h.state, h.enqueued_at INTO done FROM twinmill.job_history h WHERE h.job_id = wait.job_id;
      IF FOUND THEN
        PERFORM twinmill.check_stranger(wait.job_id, done.enqueued_at, wait.enqueued_at);
        RETURN done.state;
      END IF;
      RAISE EXCEPTION 'no job %', wait.job_id USING ERRCODE = 'P0002',
        HINT = 'Look it up: SELECT job_id, state FROM twinmill.all_jobs ORDER BY job_id DESC LIMIT 20;';
    END IF;
    IF live.is_ours THEN
      RAISE EXCEPTION 'job % was enqueued in this transaction and cannot start before it commits', wait.job_id
        USING ERRCODE = '55000', HINT = 'Commit, then wait.';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
      RAISE EXCEPTION 'a transaction of isolation level % cannot see job % end', current_setting('transaction_isolation'),
        wait.job_id USING ERRCODE = '55000', HINT = 'Commit, then wait; or wait in a transaction of READ COMMITTED.';
    END IF;
    IF clock_timestamp() >= gives_up THEN
      RAISE EXCEPTION 'job % is still % after %', wait.job_id,
        (SELECT j.state FROM twinmill.jobs j WHERE j.job_id = wait.job_id), coalesce(timeout, longest)
        USING ERRCODE = '57014',
        HINT = 'Is a worker running? SELECT * FROM twinmill.workers; or wait longer: twinmill.wait(id, ''1 hour'').';
    END IF;
    IF clock_timestamp() >= tells THEN
      RAISE NOTICE 'job % is still %', wait.job_id, (SELECT j.state FROM twinmill.jobs j WHERE j.job_id = wait.job_id);
      tells := clock_timestamp() + interval '15 seconds';
    END IF;
    PERFORM pg_sleep(least(pause, greatest(extract(epoch FROM gives_up - clock_timestamp()), 0)));
    -- A hundredth of the time waited so far, between a tenth of a second and a second.
    pause := least(pause * 1.5, greatest(0.1, least(1, extract(epoch FROM clock_timestamp() - began) / 100)));
  END LOOP;
END $$;
COMMENT ON FUNCTION twinmill.wait(bigint, interval, timestamptz) IS
  'Waits until a job has finished and returns completed, discarded or cancelled; an error after the timeout (at most a '
  'day; NULL: a day), and if the job was not enqueued at that instant';
