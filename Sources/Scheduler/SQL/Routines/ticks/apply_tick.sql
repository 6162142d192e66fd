-- Purpose: carries out a plan for one schedule: it records each instant once, enqueues the jobs to run, and advances.
-- Index:   schedules_pkey, schedule_ticks_pkey, jobs_unique.
-- Locks:   the schedule's row, which the caller already holds.
-- Rows:    one.
-- The primary key of schedule_ticks makes a double fire impossible: only the transaction that inserts the instant's row
-- fires it.
-- An error, for example a kind or a twin that is gone, undoes this schedule's part only. last_error keeps it, and the
-- next try is at retry_at. Other schedules of the same transaction go on. An error of the connection or of concurrency
-- ends the whole tick.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.apply_tick(
  schedule text, planned timestamptz[], outcomes text[], run_at timestamptz[], reasons text[],
  planned_until timestamptz, next_at timestamptz, retry_at timestamptz,
  OUT enqueued integer, OUT error text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known twinmill.schedules;
  instant record;
  job record;
BEGIN
  enqueued := 0;
  SELECT s.* INTO STRICT known FROM twinmill.schedules s WHERE s.name = apply_tick.schedule FOR UPDATE;
  BEGIN
    INSERT INTO twinmill.schedule_ticks AS t (schedule, planned_at, outcome, reason)
    SELECT apply_tick.schedule, u.planned_at, u.outcome, u.reason
    FROM unnest(apply_tick.planned, apply_tick.outcomes, apply_tick.reasons) AS u(planned_at, outcome, reason)
    WHERE u.outcome <> 'enqueued'
    ON CONFLICT ON CONSTRAINT schedule_ticks_pkey DO NOTHING;

    FOR instant IN
      SELECT u.planned_at, u.run_at, u.reason
      FROM unnest(apply_tick.planned, apply_tick.outcomes, apply_tick.run_at, apply_tick.reasons)
        AS u(planned_at, outcome, run_at, reason)
      WHERE u.outcome = 'enqueued'
      ORDER BY u.planned_at
    LOOP
      CONTINUE WHEN EXISTS (
        SELECT FROM twinmill.schedule_ticks t
        WHERE t.schedule = apply_tick.schedule AND t.planned_at = instant.planned_at);
      SELECT e.job_id, e.outcome INTO job
      FROM twinmill.enqueue_tick(
        known.name, instant.planned_at, known.kind, known.twin_id, known.arguments, known.queue, known.priority,
        instant.run_at, twinmill.tick_key(known.name, instant.planned_at)) AS e;
      -- No ON CONFLICT: if another scheduler has the instant after all, the job just enqueued must go as well.
      INSERT INTO twinmill.schedule_ticks (schedule, planned_at, outcome, job_id, reason)
      VALUES (apply_tick.schedule, instant.planned_at,
              CASE job.outcome WHEN 'merged' THEN 'merged' ELSE 'enqueued' END, job.job_id, instant.reason);
      enqueued := enqueued + 1;
    END LOOP;

    UPDATE twinmill.schedules s SET
      planned_until = greatest(s.planned_until, apply_tick.planned_until), next_at = apply_tick.next_at,
      last_error = NULL
    WHERE s.name = apply_tick.schedule;
  EXCEPTION
    WHEN transaction_rollback OR connection_exception OR operator_intervention OR insufficient_resources
      OR lock_not_available OR read_only_sql_transaction THEN
      RAISE;
    WHEN others THEN
      error := sqlerrm;
      enqueued := 0;
      UPDATE twinmill.schedules s SET next_at = apply_tick.retry_at, last_error = apply_tick.error
      WHERE s.name = apply_tick.schedule;
  END;
END $$;
COMMENT ON FUNCTION twinmill.apply_tick(text, timestamptz[], text[], timestamptz[], text[], timestamptz, timestamptz,
  timestamptz) IS 'Records, enqueues and advances a schedule by a plan; the scheduler calls it';
