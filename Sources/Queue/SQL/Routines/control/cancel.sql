-- Purpose: archive a job that waits, or ask the worker that runs it to stop.
-- Index:   jobs_pkey.
-- Locks:   the job's row if it waits; waits for nobody's lock.
-- Rows:    one.
-- Grant:   twinmill_worker, twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.cancel(job_id bigint) RETURNS text
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
    PERFORM twinmill.resolve_dependents(ARRAY[cancel.job_id]);
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
