-- Who works, how the living are told from the dead, and what happens to the jobs of the dead.

CREATE TABLE twinmill.workers (
  id                 uuid PRIMARY KEY,
  lock_key           bigint NOT NULL,
  hostname           text NOT NULL,
  pid                integer NOT NULL,
  version            text NOT NULL,
  queues             text[],
  kinds              text[] NOT NULL,
  started_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  renewed_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  lease_until        timestamptz NOT NULL,
  heartbeat_seconds  double precision NOT NULL,
  beat               bigint NOT NULL DEFAULT 0,
  jobs_running       integer NOT NULL DEFAULT 0,
  is_draining        boolean NOT NULL DEFAULT false,
  clock_offset_ms    double precision
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
COMMENT ON TABLE twinmill.workers IS 'Living worker processes; a row goes when its worker stops or is declared dead';
COMMENT ON COLUMN twinmill.workers.id IS 'Random for each process start: never a host name or a process id';
COMMENT ON COLUMN twinmill.workers.queues IS 'NULL: all';
COMMENT ON COLUMN twinmill.workers.lock_key IS 'Session-level advisory lock held by the living process';
COMMENT ON COLUMN twinmill.workers.beat IS 'Grows with each renewal: a rescuer must see it stand still by its own clock';
COMMENT ON COLUMN twinmill.workers.clock_offset_ms IS 'Worker''s clock minus the server''s, as last measured; for people only';

-- Requests to stop running jobs: a table of its own, so that asking never waits for a job's row lock.
CREATE TABLE twinmill.cancellations (
  job_id        bigint PRIMARY KEY,
  requested_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  requested_by  text NOT NULL
);
COMMENT ON TABLE twinmill.cancellations IS 'Running jobs that somebody asked to cancel; workers read it with each heartbeat';

-- Purpose: return the jobs of dead workers, and declare dead those that the caller has seen standing still.
-- Index:   workers_pkey, jobs_running.  Locks: worker rows, their job rows in id order.  Rows: one per rescued job.
CREATE FUNCTION twinmill.rescue(suspects uuid[], beats bigint[])
RETURNS TABLE (job_id bigint, outcome text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  suspect record;
  dead uuid[] := '{}';
BEGIN
  FOR suspect IN
    SELECT w.id, w.lock_key, w.lease_until
    FROM unnest(suspects, beats) AS s(id, beat) JOIN twinmill.workers w ON w.id = s.id AND w.beat = s.beat
    WHERE w.renewed_at < clock_timestamp() - 3 * make_interval(secs => w.heartbeat_seconds)
    ORDER BY w.id
    FOR UPDATE OF w SKIP LOCKED
  LOOP
    -- A free lock is a dead process; a held one may be a process that cannot reach us: its lease decides.
    IF suspect.lease_until < clock_timestamp() OR pg_try_advisory_xact_lock(suspect.lock_key) THEN
      DELETE FROM twinmill.workers w WHERE w.id = suspect.id;
      dead := dead || suspect.id;
    END IF;
  END LOOP;

  RETURN QUERY
  WITH abandoned AS MATERIALIZED (
    SELECT j.id FROM twinmill.jobs j
    WHERE j.state = 'running'
      AND (j.claimed_by = ANY (dead)
           -- Nothing that deletes a worker row may strand its jobs.
           OR NOT EXISTS (SELECT FROM twinmill.workers w WHERE w.id = j.claimed_by))
    ORDER BY j.id
    FOR UPDATE SKIP LOCKED
  ), ended AS (
    DELETE FROM twinmill.jobs j USING abandoned a
    WHERE j.id = a.id AND j.state::text = 'running'
      AND (j.crashes + 1 >= 3 OR EXISTS (SELECT FROM twinmill.cancellations c WHERE c.job_id = j.id))
    RETURNING j.*
  ), archived AS (
    INSERT INTO twinmill.job_history
      (job_id, state, kind, queue, twin_id, priority, attempt, max_attempts, crashes, unique_key, arguments, errors,
       enqueued_at, run_at, claimed_at, finished_at, claimed_by, token, requested_by, schedule, tick, retry_of)
    SELECT q.id, CASE WHEN q.crashes + 1 >= 3 THEN 'discarded' ELSE 'cancelled' END::twinmill.final_state, q.kind, q.queue, q.twin_id, q.priority, q.attempt, q.max_attempts, q.crashes + 1,
           q.unique_key, q.arguments,
           q.errors || jsonb_build_object('attempt', q.attempt, 'at', clock_timestamp(), 'cause', 'crash', 'message',
             CASE WHEN q.crashes + 1 >= 3
                  THEN 'quarantined: the worker died or was lost with this job for the third time'
                  ELSE 'the worker died or was lost; cancelled as asked' END),
           q.enqueued_at, q.run_at, q.claimed_at, clock_timestamp(), q.claimed_by, q.token, q.requested_by,
           q.schedule, q.tick, q.retry_of
    FROM ended q
    RETURNING job_history.job_id, job_history.state
  ), returned AS (
    UPDATE twinmill.jobs j
    SET state = 'ready', crashes = j.crashes + 1, claimed_by = NULL, token = NULL, claimed_at = NULL,
        errors = j.errors || jsonb_build_object('attempt', j.attempt, 'at', clock_timestamp(), 'cause', 'crash',
          'message', 'the worker died or was lost', 'worker', j.claimed_by)
    FROM abandoned a
    WHERE j.id = a.id AND j.state::text = 'running' AND j.crashes + 1 < 3
      AND NOT EXISTS (SELECT FROM twinmill.cancellations c WHERE c.job_id = j.id)
    RETURNING j.id
  )
  SELECT r.id, 'ready' FROM returned r
  UNION ALL
  SELECT q.job_id, q.state::text FROM archived q;
END $$;
COMMENT ON FUNCTION twinmill.rescue(uuid[], bigint[]) IS
  'Declares workers dead that stood still at the given beats, and returns their jobs; workers call it, people need not';
REVOKE ALL ON FUNCTION twinmill.rescue(uuid[], bigint[]) FROM PUBLIC;
