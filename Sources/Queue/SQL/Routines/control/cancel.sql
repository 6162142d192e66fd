-- Purpose: archives a job that waits, or asks the worker of a running job to stop it. A transaction of REPEATABLE READ
--          or SERIALIZABLE does not see who claimed the job or depends on it since its snapshot: it always asks, and a
--          worker ends the job, whether it runs or waits.
-- Index:   jobs_pkey.
-- Locks:   the row of a waiting job. It never waits for a lock.
-- Rows:    one.
-- Grant:   twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.cancel(job_id bigint, enqueued_at timestamptz DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  sees_claims constant boolean := current_setting('transaction_isolation') = 'read committed';
  waits boolean := false;
  ended twinmill.final_state;
BEGIN
  IF cancel.enqueued_at IS NOT NULL THEN
    PERFORM twinmill.check_stranger(cancel.job_id, twinmill.enqueued_at(cancel.job_id), cancel.enqueued_at);
  END IF;
  -- A look before the lock: a running job needs none.
  IF NOT sees_claims OR NOT EXISTS (SELECT FROM twinmill.claims c WHERE cancel.job_id = ANY (c.job_ids)) THEN
    BEGIN
      -- A locked row is being claimed, ended or made ready. Its next holder reads the request to cancel. In a snapshot
      -- of the transaction, a job that has ended since raises 40001 here.
      PERFORM FROM twinmill.live_jobs j WHERE j.job_id = cancel.job_id FOR UPDATE SKIP LOCKED;
      waits := FOUND;
      -- A new statement sees what a claim wrote while it held the row.
      IF waits AND (NOT sees_claims
                    OR EXISTS (SELECT FROM twinmill.claims c WHERE cancel.job_id = ANY (c.job_ids))) THEN
        -- The error undoes the lock as well: the end of a running job must not wait for the caller's transaction.
        RAISE EXCEPTION USING ERRCODE = '55006', MESSAGE = 'it runs, or may run';
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
COMMENT ON FUNCTION twinmill.cancel(bigint, timestamptz) IS
  'cancelled: the job waited and is in the history now; cancelling: it runs, or the transaction''s snapshot does not '
  'tell, and a worker ends it in about a second';
