-- Purpose: return the jobs of dead workers, and declare dead those that the caller has seen standing still.
-- Index:   workers_pkey, jobs_pkey; claims is read as a whole.
-- Locks:   worker rows, their claims, their jobs' rows in id order.
-- Rows:    one per rescued job.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.rescue(suspects uuid[], heartbeats bigint[])
RETURNS TABLE (job_id bigint, outcome text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_nestloop = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  suspect record;
  dead uuid[] := '{}';
  abandoned uuid[];
  rescued bigint[];
  outcomes text[];
BEGIN
  FOR suspect IN
    SELECT w.id, w.lock_key, w.lease_until, w.renewed_at
    FROM unnest(suspects, heartbeats) AS s(id, heartbeats) JOIN twinmill.workers w ON w.id = s.id AND w.heartbeats = s.heartbeats
    -- A beat in the future: the server's clock went back. The caller, by its own, has seen three beats missed.
    WHERE w.renewed_at < clock_timestamp() - 3 * make_interval(secs => w.heartbeat_seconds)
       OR w.renewed_at > clock_timestamp()
    ORDER BY w.id
    FOR UPDATE OF w SKIP LOCKED
  LOOP
    -- A free lock is a dead process; a held one may be a process that cannot reach us: its lease decides. So it does
    -- for a worker that holds none.
    IF suspect.lease_until < clock_timestamp() OR suspect.renewed_at > clock_timestamp()
       OR (suspect.lock_key IS NOT NULL AND pg_try_advisory_xact_lock(suspect.lock_key))
    THEN
      DELETE FROM twinmill.workers w WHERE w.id = suspect.id;
      dead := dead || suspect.id;
    END IF;
  END LOOP;

  -- The claim's row is the fence: whoever still stores under it holds its lock, and is left to the next call.
  abandoned := ARRAY(
    SELECT c.token FROM twinmill.claims c
    WHERE c.worker = ANY (dead)
       -- Nothing that deletes a worker row may strand its jobs.
       OR c.worker NOT IN (SELECT w.id FROM twinmill.workers w)
    FOR UPDATE SKIP LOCKED);
  IF abandoned = '{}' THEN RETURN; END IF;

  WITH broken AS (
    DELETE FROM twinmill.claims c WHERE c.token = ANY (abandoned) RETURNING c.*
  ), crashed AS MATERIALIZED (
    SELECT j.job_id, b.worker, b.token, b.claimed_at,
           CASE WHEN j.crashes + 1 >= 3 THEN 'discarded'
                WHEN EXISTS (SELECT FROM twinmill.cancellations c WHERE c.job_id = j.job_id) THEN 'cancelled'
                ELSE 'ready' END AS outcome
    FROM broken b, unnest(b.job_ids) AS member(job_id), twinmill.live_jobs j
    WHERE j.job_id = ANY (ARRAY(SELECT unnest(o.job_ids) FROM broken o)) AND j.job_id = member.job_id
    ORDER BY j.job_id
    FOR UPDATE OF j
  ), ended AS (
    DELETE FROM twinmill.live_jobs j USING crashed c
    WHERE j.job_id = ANY (ARRAY(SELECT o.job_id FROM crashed o)) AND j.job_id = c.job_id AND c.outcome <> 'ready'
    RETURNING j.*, c.outcome, c.worker, c.token, c.claimed_at
  ), archived AS (
    INSERT INTO twinmill.job_history
      (job_id, state, kind, queue, tenant, twin_id, priority, attempt, max_attempts, crashes, unique_key,
       concurrency_key, arguments, errors, enqueued_at, run_at, claimed_at, finished_at, claimed_by, token,
       requested_by, schedule, tick, retry_of)
    SELECT e.job_id, e.outcome::twinmill.final_state, e.kind, l.queue, l.tenant, e.twin_id, l.priority, e.attempt + 1,
           e.max_attempts, e.crashes + 1, e.unique_key, e.concurrency_key, e.arguments,
           coalesce(e.errors, '[]') || jsonb_build_object(
             'attempt', e.attempt + 1, 'at', clock_timestamp(), 'claimed_at', e.claimed_at, 'cause', 'crash',
             'message', CASE e.outcome
                WHEN 'discarded' THEN 'quarantined: the worker died or was lost with this job for the third time'
                ELSE 'the worker died or was lost; cancelled as asked' END),
           e.enqueued_at, e.run_at, e.claimed_at, clock_timestamp(), e.worker, e.token, e.requested_by, e.schedule,
           e.tick, e.retry_of
    FROM ended e
    CROSS JOIN LATERAL (SELECT l.queue, l.tenant, l.priority FROM twinmill.lanes l WHERE l.lane = e.lane OFFSET 0) AS l
    RETURNING job_history.job_id, job_history.state
  ), returned AS (
    UPDATE twinmill.live_jobs j
    SET attempt = j.attempt + 1, crashes = j.crashes + 1, requeue_seq = nextval('twinmill.requeue_sequence'),
        errors = coalesce(j.errors, '[]') || jsonb_build_object(
          'attempt', j.attempt + 1, 'at', clock_timestamp(), 'claimed_at', c.claimed_at, 'cause', 'crash',
          'message', 'the worker died or was lost', 'worker', c.worker)
    FROM crashed c
    WHERE j.job_id = ANY (ARRAY(SELECT o.job_id FROM crashed o)) AND j.job_id = c.job_id AND c.outcome = 'ready'
    RETURNING j.job_id
  )
  SELECT array_agg(r.job_id), array_agg(r.outcome) INTO rescued, outcomes
  FROM (SELECT job_id, 'ready' AS outcome FROM returned UNION ALL SELECT job_id, state::text FROM archived) AS r;

  PERFORM twinmill.resolve_dependents(rescued);
  RETURN QUERY SELECT r.job_id, r.outcome FROM unnest(rescued, outcomes) AS r(job_id, outcome);
END $$;
COMMENT ON FUNCTION twinmill.rescue(uuid[], bigint[]) IS
  'Declares workers dead that stood still at the given beats, and returns their jobs; workers call it, people need not';
