-- Purpose: carries out the plans of many schedules that each have one instant to run, in four statements whatever
--          their number: many schedules are due at midnight. It leaves out a schedule whose request it does not know
--          for good, whose key is taken or whose instant is decided already: apply_tick does those, one by one, and
--          records why one fails.
-- Index:   schedules_pkey, kinds_pkey, lanes_by_name, schedule_ticks_pkey, jobs_unique.
-- Locks:   the schedules' rows, which the caller already holds; the new rows.
-- Rows:    one per schedule that it carried out. Measured: 0.1 ms each, 1 ms by apply_tick.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.apply_ticks(
  schedules text[], planned timestamptz[], run_at timestamptz[], reasons text[], planned_until timestamptz[],
  next_at timestamptz[])
RETURNS SETOF text
-- Arrays of unknown length: see insert_jobs. The schedules are read by their names, not as a whole.
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_nestloop = off SET enable_seqscan = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  asked_at timestamptz := clock_timestamp();
  -- Before the jobs take their ids, as in insert_job.
  transaction xid8 := pg_current_xact_id();
  lanes record;
  ids bigint[];
  names text[];
  unknown_twins uuid[];
BEGIN
  SELECT array_agg(l.queue) AS queues, array_agg(l.kind) AS kinds, array_agg(l.priority) AS priorities,
         array_agg(twinmill.lane(l.queue, l.kind, '', l.priority)) AS lanes
  INTO lanes
  FROM (
    SELECT DISTINCT coalesce(s.queue, k.queue) AS queue, s.kind, s.priority
    FROM twinmill.schedules s JOIN twinmill.kinds k ON k.name = s.kind
    WHERE s.name = ANY (apply_ticks.schedules)
    OFFSET 0
  ) AS l
  WHERE l.queue ~ '^[A-Za-z0-9_.-]{1,63}$' AND l.priority BETWEEN -32768 AND 32767;
  SELECT twinmill.unknown_twins(array_agg(DISTINCT s.twin_id)) INTO unknown_twins
  FROM twinmill.schedules s WHERE s.name = ANY (apply_ticks.schedules) AND s.twin_id IS NOT NULL;

  WITH inserted AS (
    INSERT INTO twinmill.live_jobs AS j
      (state, lane, max_attempts, kind, twin_id, unique_key, arguments, run_at, requested_by, schedule, tick)
    SELECT CASE WHEN a.run_at > asked_at THEN 'scheduled' ELSE 'ready' END::twinmill.job_state, l.lane, k.max_attempts,
           s.kind, s.twin_id, a.unique_key, s.arguments, a.run_at, session_user, s.name, a.planned
    FROM (
      SELECT u.schedule, u.planned, u.run_at, u.n, twinmill.tick_key(u.schedule, u.planned) AS unique_key
      FROM unnest(apply_ticks.schedules, apply_ticks.planned, apply_ticks.run_at) WITH ORDINALITY
        AS u(schedule, planned, run_at, n)
    ) AS a
    JOIN twinmill.schedules s ON s.name = a.schedule
    JOIN twinmill.kinds k ON k.name = s.kind
    JOIN unnest(lanes.queues, lanes.kinds, lanes.priorities, lanes.lanes) AS l(queue, kind, priority, lane)
      ON l.queue = coalesce(s.queue, k.queue) AND l.kind = s.kind AND l.priority = s.priority
    WHERE s.name = ANY (apply_ticks.schedules)
      -- OFFSET: looked up one by one.
      AND NOT EXISTS (
        SELECT FROM twinmill.schedule_ticks t WHERE t.schedule = a.schedule AND t.planned_at = a.planned OFFSET 0)
      AND (s.twin_id IS NULL OR s.twin_id <> ALL (coalesce(unknown_twins, '{}')))
      AND twinmill.is_valid(
        k, ROW(s.kind, s.twin_id, s.arguments, s.queue, s.priority, a.run_at, a.unique_key, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL)::twinmill.job_request, asked_at)
    ORDER BY a.n
    ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL DO NOTHING
    RETURNING j.job_id, j.schedule
  )
  SELECT array_agg(i.job_id), array_agg(i.schedule) INTO ids, names FROM inserted i;
  IF names IS NULL THEN RETURN; END IF;

  -- No ON CONFLICT: if another scheduler has an instant after all, the job just enqueued must go as well.
  INSERT INTO twinmill.schedule_ticks (schedule, planned_at, outcome, job_id, reason)
  SELECT a.schedule, a.planned, 'enqueued', i.job_id, a.reason
  FROM unnest(apply_ticks.schedules, apply_ticks.planned, apply_ticks.reasons) AS a(schedule, planned, reason)
  JOIN unnest(names, ids) AS i(schedule, job_id) ON i.schedule = a.schedule;
  UPDATE twinmill.schedules s
  SET planned_until = greatest(s.planned_until, a.planned_until), next_at = a.next_at, last_error = NULL
  FROM unnest(apply_ticks.schedules, apply_ticks.planned_until, apply_ticks.next_at)
    AS a(schedule, planned_until, next_at)
  JOIN unnest(names) AS i(schedule) ON i.schedule = a.schedule
  WHERE s.name = ANY (apply_ticks.schedules) AND s.name = a.schedule;
  PERFORM twinmill.wake(q.queue) FROM (SELECT DISTINCT unnest(lanes.queues) AS queue) AS q;
  RETURN QUERY SELECT unnest(names);
END $$;
COMMENT ON FUNCTION twinmill.apply_ticks(
  text[], timestamptz[], timestamptz[], text[], timestamptz[], timestamptz[]) IS
  'Records, enqueues and advances schedules that each have one instant to run; the scheduler calls it';
