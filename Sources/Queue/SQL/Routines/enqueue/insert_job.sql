-- Purpose: inserts a single job; it is the only place where one comes into being. Two statements do nearly all calls:
--          the first one finds kind and lane and checks the request, the second one inserts. The caller wakes the queue
--          `ready_in`.
-- Index:   kinds_pkey, lanes_by_name, jobs_unique as arbiter.
-- Locks:   the new row. It waits for a concurrent insert of the same key.
-- Rows:    one.
-- Most of a call's cost on the server is the preparation of its expressions, in each transaction anew. The function
-- therefore has few variables, few expressions and plain parameters: to take a composite apart costs a tenth of a call.
-- It has no SET, because the callers pin the search path. One statement for both steps is no faster, because RETURNING
-- has to look up the queue again. ON CONFLICT stands only where there is a key: it costs a WAL record, 48 of 321 bytes
-- per job.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.insert_job(
  kind text, twin uuid, arguments jsonb, queue text, priority integer, run_at timestamptz, unique_key text,
  max_attempts integer, depends_on bigint[], on_discard text[], tenant text, concurrency_key text,
  deadline timestamptz, if_waiting text, schedule text, tick timestamptz, retry_of bigint,
  OUT job_id bigint, OUT outcome text, OUT ready_in text)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
  asked_at timestamptz := clock_timestamp();
  -- The transaction takes its number before the job takes its id: a claim cursor may pass every id that was taken
  -- before the oldest open transaction began.
  transaction xid8 := pg_current_xact_id();
  target_lane integer;
  target_queue text;
  attempts integer;
  request twinmill.job_request;
  known twinmill.kinds;
  edges record;
  unfinished integer;
BEGIN
  SELECT a.lane, a.queue, a.max_attempts INTO target_lane, target_queue, attempts
  FROM twinmill.accept_fast(
    ROW(insert_job.kind, insert_job.twin, insert_job.arguments, insert_job.queue, insert_job.priority,
        insert_job.run_at, insert_job.unique_key, insert_job.max_attempts, insert_job.depends_on,
        insert_job.on_discard, insert_job.tenant, insert_job.concurrency_key, insert_job.deadline,
        insert_job.if_waiting)::twinmill.job_request, asked_at) AS a;
  IF NOT FOUND OR depends_on IS NOT NULL OR (twin IS NOT NULL AND NOT twinmill.twin_exists(twin)) THEN
    -- The request is bad, the lane is new, or there is more to check.
    request := ROW(kind, twin, arguments, queue, priority, run_at, unique_key, max_attempts, depends_on, on_discard,
                   tenant, concurrency_key, deadline, if_waiting);
    known := twinmill.check_request(request, asked_at);
    target_queue := coalesce(queue, known.queue);
    attempts := coalesce(max_attempts, known.max_attempts);
    target_lane := twinmill.lane(target_queue, known.name, coalesce(tenant, ''), coalesce(priority, 0));
    IF cardinality(depends_on) > 0 THEN
      edges := twinmill.unfinished_dependencies(request);
      unfinished := cardinality(edges.job_ids);
    END IF;
  END IF;

  IF unique_key IS NULL THEN
    INSERT INTO twinmill.live_jobs AS j
      (state, lane, max_attempts, kind, twin_id, concurrency_key, arguments, run_at, deadline, waits_for, requested_by,
       schedule, tick, retry_of)
    VALUES
      (CASE WHEN unfinished > 0 THEN 'blocked' WHEN insert_job.run_at > asked_at THEN 'scheduled' ELSE 'ready'
            END::twinmill.job_state,
       target_lane, attempts, insert_job.kind, insert_job.twin, insert_job.concurrency_key, insert_job.arguments,
       coalesce(insert_job.run_at, asked_at), insert_job.deadline, coalesce(unfinished, 0), session_user,
       insert_job.schedule, insert_job.tick, insert_job.retry_of)
    RETURNING j.job_id, CASE WHEN j.state = 'ready' THEN target_queue END INTO job_id, ready_in;
  ELSE
    LOOP
      INSERT INTO twinmill.live_jobs AS j
        (state, lane, max_attempts, kind, twin_id, unique_key, concurrency_key, arguments, run_at, deadline, waits_for,
         requested_by, schedule, tick, retry_of)
      VALUES
        (CASE WHEN unfinished > 0 THEN 'blocked' WHEN insert_job.run_at > asked_at THEN 'scheduled' ELSE 'ready'
              END::twinmill.job_state,
         target_lane, attempts, insert_job.kind, insert_job.twin, insert_job.unique_key, insert_job.concurrency_key,
         insert_job.arguments, coalesce(insert_job.run_at, asked_at), insert_job.deadline, coalesce(unfinished, 0),
         session_user, insert_job.schedule, insert_job.tick, insert_job.retry_of)
      ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL DO NOTHING
      RETURNING j.job_id, CASE WHEN j.state = 'ready' THEN target_queue END INTO job_id, ready_in;
      EXIT WHEN FOUND;
      SELECT j.job_id INTO job_id FROM twinmill.live_jobs j
      WHERE j.kind = insert_job.kind AND j.unique_key = insert_job.unique_key;
      -- Not found: that job has finished meanwhile, and the key is free again.
      IF FOUND THEN
        outcome := 'merged';
        -- A look before the lock: a running job needs none.
        IF if_waiting = 'replace'
           AND NOT EXISTS (SELECT FROM twinmill.claims c WHERE insert_job.job_id = ANY (c.job_ids)) THEN
          request := ROW(kind, twin, arguments, queue, priority, run_at, unique_key, max_attempts, depends_on,
                         on_discard, tenant, concurrency_key, deadline, if_waiting);
          SELECT r.outcome, r.ready_in INTO outcome, ready_in
          FROM twinmill.replace_job(insert_job.job_id, request, target_lane, target_queue, attempts) AS r;
        END IF;
        IF outcome IS NOT NULL THEN RETURN; END IF;
      END IF;
    END LOOP;
  END IF;

  outcome := 'inserted';
  IF unfinished > 0 THEN
    -- By id, the order in which jobs end: the commit locks each of them in this order (settle_dependency).
    INSERT INTO twinmill.dependencies (depends_on, job_id, on_discard)
    SELECT e.depends_on, insert_job.job_id, e.on_discard
    FROM unnest(edges.job_ids, edges.rules) AS e(depends_on, on_discard) ORDER BY e.depends_on;
  END IF;
END $$;
COMMENT ON FUNCTION twinmill.insert_job(
  text, uuid, jsonb, text, integer, timestamptz, text, integer, bigint[], text[], text, text, timestamptz, text, text,
  timestamptz, bigint) IS 'Inserts a job, or names or replaces the unfinished job that holds its unique key';
