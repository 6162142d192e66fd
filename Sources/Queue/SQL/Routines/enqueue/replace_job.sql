-- Purpose: gives a waiting job a new request (debounce), if the caller is the role that asked for it, a member of that
--          role, or an operator. The job keeps its id, its attempts and its dependencies. It keeps its time as well,
--          unless the request has a run_at. The outcome is NULL if the job is gone. A snapshot taken before a claim does
--          not show it: of a ready job, a transaction of REPEATABLE READ or SERIALIZABLE gets 40001.
-- Index:   jobs_pkey.
-- Locks:   the row of the job. It waits for the session that ends the job or makes it ready.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.replace_job(
  job_id bigint, request twinmill.job_request, new_lane integer, queue text, max_attempts integer,
  OUT outcome text, OUT ready_in text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  now_is timestamptz := clock_timestamp();
  found_job record;
  new_state twinmill.job_state;
BEGIN
  -- age: 0 or less for a row that this transaction wrote.
  SELECT j.state, j.requested_by, age(j.xmin) > 0 AS is_committed INTO found_job
  FROM twinmill.live_jobs j WHERE j.job_id = replace_job.job_id FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  IF found_job.requested_by <> session_user AND NOT EXISTS (
    SELECT FROM pg_roles r
    WHERE r.rolname IN (found_job.requested_by, 'twinmill_operate') AND pg_has_role(session_user, r.oid, 'MEMBER'))
  THEN
    RAISE EXCEPTION 'job %, which holds the unique key %, was asked for by role %', replace_job.job_id,
        quote_literal(request.unique_key), found_job.requested_by
      USING ERRCODE = '42501', HINT = format(
        'Leave if_waiting out to merge with it, choose a key of your own, or share the role: GRANT %I TO %I;',
        found_job.requested_by, session_user);
  END IF;
  -- A new statement sees what a claim wrote while it held the row.
  IF EXISTS (SELECT FROM twinmill.claims c WHERE replace_job.job_id = ANY (c.job_ids)) THEN
    -- The error undoes the lock as well: the end of a running job must not wait for the caller's transaction.
    RAISE EXCEPTION USING ERRCODE = '55006', MESSAGE = 'it runs';
  END IF;
  -- A claim does not write the row, so the lock has raised nothing. Jobs in other states are never claimed.
  IF found_job.state = 'ready' AND found_job.is_committed
     AND current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'job % may run since this transaction''s snapshot, and then it must not be replaced',
      replace_job.job_id USING ERRCODE = '40001', HINT =
        'Run the transaction again, or replace jobs in a transaction of READ COMMITTED.';
  END IF;
  UPDATE twinmill.live_jobs j
  SET twin_id = request.twin, arguments = request.arguments, lane = new_lane,
      max_attempts = replace_job.max_attempts, deadline = request.deadline,
      concurrency_key = request.concurrency_key, requested_by = session_user,
      run_at = coalesce(request.run_at, j.run_at),
      state = CASE WHEN j.waits_for > 0 THEN 'blocked'
                   WHEN coalesce(request.run_at, j.run_at) > now_is THEN 'scheduled'
                   ELSE 'ready' END::twinmill.job_state,
      -- A job that becomes ready or changes its lane takes a new position: a cursor may have passed the old one.
      requeue_seq = CASE WHEN j.waits_for > 0 OR coalesce(request.run_at, j.run_at) > now_is THEN NULL
                         WHEN j.state = 'ready' AND j.lane = new_lane THEN j.requeue_seq
                         ELSE nextval('twinmill.requeue_sequence') END
  WHERE j.job_id = replace_job.job_id
  RETURNING j.state INTO new_state;
  outcome := 'replaced';
  IF new_state = 'ready' THEN ready_in := replace_job.queue; END IF;
EXCEPTION WHEN object_in_use THEN
  outcome := 'merged';
END $$;
COMMENT ON FUNCTION twinmill.replace_job(bigint, twinmill.job_request, integer, text, integer) IS
  'Gives a waiting job a checked request; merged: the job runs already and stays as it is';
