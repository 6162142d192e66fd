-- Purpose: inserts many jobs and returns the outcome of each. $2 gives the reason for each request that could not be
--          read.
-- Index:   kinds_pkey, lanes_by_name, jobs_unique.
-- Locks:   the new rows, in the order of their keys. Two calls with the same keys therefore wait for each other and
--          never deadlock. A call that would have to go back in that order starts again, or inserts its jobs one by
--          one.
-- Rows:    one per request, by number.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.insert_jobs(requests twinmill.job_request[], faults text[])
RETURNS TABLE (number bigint, job_id bigint, outcome text, message text)
-- The planner does not know the lengths of the arrays. It would compare each request with each lane, and it would
-- compile for a second what it takes for expensive.
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  asked_at timestamptz := clock_timestamp();
  -- Before the jobs take their ids, as in insert_job.
  transaction xid8 := pg_current_xact_id();
  asked bigint := cardinality(requests);
  is_ordered_by_key boolean;
  unknown_twins uuid[];
  bulk_lanes record;
  ids bigint[];
  inserted bigint;
  keyed bigint;
  outcomes text[];
  messages text[];
  ready_lanes integer[];
  woken text[];
  other record;
  done record;
  hint text;
BEGIN
  IF asked IS NULL OR asked = 0 THEN RETURN; END IF;
  SELECT coalesce(bool_or(r.unique_key IS NOT NULL AND (r.if_waiting = 'replace' OR r.depends_on <> '{}')), false),
         twinmill.unknown_twins(array_agg(DISTINCT r.twin) FILTER (WHERE r.twin IS NOT NULL))
  INTO is_ordered_by_key, unknown_twins
  FROM unnest(requests) AS r;

  -- The lanes of the requests; new ones are made.
  SELECT array_agg(l.queue) AS queues, array_agg(l.kind) AS kinds, array_agg(l.tenant) AS tenants,
         array_agg(l.priority) AS priorities, array_agg(twinmill.lane(l.queue, l.kind, l.tenant, l.priority)) AS lanes,
         array_agg(l.queue) FILTER (WHERE l.is_ready) AS wakes
  INTO bulk_lanes
  FROM (
    SELECT coalesce(r.queue, k.queue) AS queue, r.kind, coalesce(r.tenant, '') AS tenant,
           coalesce(r.priority, 0) AS priority, bool_or(coalesce(r.run_at <= asked_at, true)) AS is_ready
    FROM unnest(requests) AS r JOIN twinmill.kinds k ON k.name = r.kind
    GROUP BY 1, 2, 3, 4
    -- OFFSET keeps the condition outside of the grouping: it is then asked of few rows.
    OFFSET 0
  ) AS l
  WHERE l.queue ~ '^[A-Za-z0-9_.-]{1,63}$' AND char_length(l.tenant) <= 200 AND l.priority BETWEEN -32768 AND 32767;

  LOOP
    BEGIN
      ids := ARRAY(SELECT nextval('twinmill.live_jobs_job_id_seq') FROM generate_series(1, asked));
      INSERT INTO twinmill.live_jobs
        (job_id, state, lane, max_attempts, kind, twin_id, unique_key, concurrency_key, arguments, run_at, deadline,
         requested_by)
      OVERRIDING SYSTEM VALUE
      SELECT r.job_id, r.state, r.lane, r.max_attempts, r.kind, r.twin, r.unique_key, r.concurrency_key, r.arguments,
             r.run_at, r.deadline, session_user
      FROM twinmill.bulk_rows(
        requests, ids, bulk_lanes.queues, bulk_lanes.kinds, bulk_lanes.tenants, bulk_lanes.priorities, bulk_lanes.lanes,
        asked_at, unknown_twins, is_ordered_by_key) AS r
      WHERE r.unique_key IS NULL;
      GET DIAGNOSTICS inserted = ROW_COUNT;
      EXIT WHEN inserted = asked;
      -- Apart from the statement above, because ON CONFLICT costs each row two microseconds and a WAL record.
      INSERT INTO twinmill.live_jobs
        (job_id, state, lane, max_attempts, kind, twin_id, unique_key, concurrency_key, arguments, run_at, deadline,
         requested_by)
      OVERRIDING SYSTEM VALUE
      SELECT r.job_id, r.state, r.lane, r.max_attempts, r.kind, r.twin, r.unique_key, r.concurrency_key, r.arguments,
             r.run_at, r.deadline, session_user
      FROM twinmill.bulk_rows(
        requests, ids, bulk_lanes.queues, bulk_lanes.kinds, bulk_lanes.tenants, bulk_lanes.priorities, bulk_lanes.lanes,
        asked_at, unknown_twins, is_ordered_by_key) AS r
      WHERE r.unique_key IS NOT NULL
      ORDER BY r.unique_key COLLATE "C", r.kind COLLATE "C", r.job_id
      ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL DO NOTHING;
      GET DIAGNOSTICS keyed = ROW_COUNT;
      inserted := inserted + keyed;
      EXIT WHEN inserted = asked;

      -- A request without a row was refused, needs the slow path, or found its key taken. A new statement sees the jobs
      -- whose commit the one before waited for. LATERAL makes it read live_jobs by key alone.
      SELECT array_agg(coalesce(i.job_id, j.job_id) ORDER BY a.number),
             array_agg(CASE WHEN i.job_id IS NOT NULL THEN 'inserted' WHEN j.job_id IS NOT NULL THEN 'merged'
                            WHEN k.name IS NOT NULL THEN 'free' END ORDER BY a.number),
             array_agg(DISTINCT i.lane) FILTER (WHERE i.state = 'ready')
      INTO ids, outcomes, ready_lanes
      FROM ROWS FROM (unnest(requests), unnest(ids)) WITH ORDINALITY
        AS a(kind, twin, arguments, queue, priority, run_at, unique_key, max_attempts, depends_on, on_discard, tenant,
             concurrency_key, deadline, if_waiting, job_id, number)
      LEFT JOIN LATERAL (
        SELECT j.job_id, j.state, j.lane FROM twinmill.live_jobs j WHERE j.job_id = a.job_id LIMIT 1
      ) AS i ON true
      LEFT JOIN LATERAL (
        SELECT ROW(a.kind, a.twin, a.arguments, a.queue, a.priority, a.run_at, a.unique_key, a.max_attempts,
                   a.depends_on, a.on_discard, a.tenant, a.concurrency_key, a.deadline, a.if_waiting
                  )::twinmill.job_request AS request
      ) AS r ON true
      LEFT JOIN twinmill.kinds k
        ON i.job_id IS NULL AND k.name = a.kind AND twinmill.has_valid_lane(r.request)
        AND twinmill.is_bulk(k, r.request, asked_at, unknown_twins, is_ordered_by_key)
      LEFT JOIN LATERAL (
        SELECT j.job_id FROM twinmill.live_jobs j
        WHERE j.kind = k.name AND j.unique_key = a.unique_key LIMIT 1
      ) AS j ON true;
      EXIT WHEN array_position(outcomes, 'free') IS NULL;
      -- The holder of a key finished meanwhile, and the key comes before keys that this call holds: start again.
      RAISE EXCEPTION USING ERRCODE = '55006', MESSAGE = 'a key became free';
    EXCEPTION WHEN object_in_use THEN
      NULL;
    END;
  END LOOP;

  IF inserted = asked THEN
    PERFORM twinmill.wake(q.queue)
    FROM (SELECT DISTINCT unnest(bulk_lanes.wakes) AS queue) AS q WHERE q.queue IS NOT NULL;
    RETURN QUERY SELECT r.number, r.job_id, 'inserted', NULL::text FROM unnest(ids) WITH ORDINALITY AS r(job_id, number);
    RETURN;
  END IF;

  woken := ARRAY(SELECT l.queue FROM twinmill.lanes l WHERE l.lane = ANY (ready_lanes));
  -- Refused requests, dependents and replacements, one by one as in enqueue, in the order of their keys.
  messages := array_fill(NULL::text, ARRAY[cardinality(ids)]);
  FOR other IN
    SELECT a.number, a.fault,
           ROW(a.kind, a.twin, a.arguments, a.queue, a.priority, a.run_at, a.unique_key, a.max_attempts, a.depends_on,
               a.on_discard, a.tenant, a.concurrency_key, a.deadline, a.if_waiting)::twinmill.job_request AS request
    FROM ROWS FROM (unnest(requests), unnest(outcomes), unnest(faults)) WITH ORDINALITY
      AS a(kind, twin, arguments, queue, priority, run_at, unique_key, max_attempts, depends_on, on_discard, tenant,
           concurrency_key, deadline, if_waiting, outcome, fault, number)
    WHERE a.outcome IS NULL
    ORDER BY a.unique_key COLLATE "C", a.kind COLLATE "C", a.number
  LOOP
    outcomes[other.number] := 'refused';
    IF other.fault IS NOT NULL THEN
      messages[other.number] := other.fault;
      CONTINUE;
    END IF;
    BEGIN
      done := twinmill.insert_request(other.request);
      ids[other.number] := done.job_id;
      outcomes[other.number] := done.outcome;
      woken := woken || done.ready_in;
    EXCEPTION WHEN data_exception OR foreign_key_violation OR no_data_found OR object_not_in_prerequisite_state
        OR insufficient_privilege THEN
      GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
      messages[other.number] := concat_ws(' ', sqlerrm || '.', nullif(hint, ''));
    END;
  END LOOP;

  PERFORM twinmill.wake(q.queue) FROM (SELECT DISTINCT unnest(woken) AS queue) AS q WHERE q.queue IS NOT NULL;
  RETURN QUERY
  SELECT r.number, r.job_id, r.outcome, r.message
  FROM unnest(ids, outcomes, messages) WITH ORDINALITY AS r(job_id, outcome, message, number);
END $$;
COMMENT ON FUNCTION twinmill.insert_jobs(twinmill.job_request[], text[]) IS
  'Inserts many jobs; what enqueue_all and enqueue_many call';
