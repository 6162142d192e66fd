-- Who works, on what, how the living are told from the dead, and the views over all of it.

CREATE TABLE twinmill.workers (
  id                 uuid PRIMARY KEY,
  lock_key           bigint,
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
COMMENT ON COLUMN twinmill.workers.lock_key IS
  'Session-level advisory lock held by the living process; NULL: it holds none, as behind a pooling proxy';
COMMENT ON COLUMN twinmill.workers.beat IS 'Grows with each renewal: a rescuer must see it stand still by its own clock';
COMMENT ON COLUMN twinmill.workers.clock_offset_ms IS 'Worker''s clock minus the server''s, as last measured; for people only';

-- One row per batch that somebody works on. A job is running if it stands in one: the row is the fence, and whoever
-- ends or returns its jobs locks it first.
CREATE TABLE twinmill.claims (
  token        uuid PRIMARY KEY,
  worker       uuid NOT NULL,
  lane         integer NOT NULL,
  is_returned  boolean NOT NULL,
  highest      bigint NOT NULL,
  claimed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  job_ids      bigint[] NOT NULL,
  keys         text[]
) WITH (
  fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000,
  -- Small and always in use: giving a few pages back is not worth a lock that every claim waits for.
  vacuum_truncate = false
);
COMMENT ON TABLE twinmill.claims IS 'Batches being worked on, one row each, with the jobs that have not ended yet';
COMMENT ON COLUMN twinmill.claims.token IS 'Random per claim: with the worker it fences every write of its attempts';
COMMENT ON COLUMN twinmill.claims.highest IS 'Highest place in the lane that this claim took';
COMMENT ON COLUMN twinmill.claims.is_returned IS 'Whether the place counts turns (jobs that became ready later) or job ids';
COMMENT ON COLUMN twinmill.claims.keys IS
  'Concurrency key of each of job_ids; NULL: none of them has one';
-- Entered after a claim cursor: what ended below it, dead entries included, is not walked.
CREATE INDEX claims_lane ON twinmill.claims (lane, is_returned, highest);
-- None by worker: the fence would be looked up by it in plans made on few claims, through all that the worker ever made.

-- Requests to stop running jobs: a table of its own, so that asking never waits for a job's row lock.
CREATE TABLE twinmill.cancellations (
  job_id        bigint PRIMARY KEY,
  requested_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  requested_by  text NOT NULL
);
COMMENT ON TABLE twinmill.cancellations IS 'Running jobs that somebody asked to cancel; workers read it with each heartbeat';

-- What running jobs say of themselves: kept off their rows, and from attempt to attempt.
CREATE TABLE twinmill.progress (
  job_id      bigint PRIMARY KEY,
  attempt     smallint NOT NULL,
  percent     real CHECK (percent BETWEEN 0 AND 100),
  message     text,
  updated_at  timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
COMMENT ON TABLE twinmill.progress IS 'Latest progress of unfinished jobs; upkeep removes it when they are finished';

CREATE VIEW twinmill.jobs AS
  SELECT j.job_id,
         CASE WHEN c.token IS NULL THEN j.state ELSE 'running' END AS state,
         j.kind, l.queue, l.tenant, l.priority, j.twin_id,
         (j.attempt + (c.token IS NOT NULL)::integer)::smallint AS attempt, j.max_attempts, j.crashes,
         j.unique_key, j.concurrency_key, j.arguments, coalesce(j.errors, '[]') AS errors,
         j.enqueued_at, j.run_at, j.deadline, j.waits_for, c.claimed_at, c.worker AS claimed_by, c.token,
         p.percent, p.message, j.requested_by, j.schedule, j.tick, j.retry_of
  FROM twinmill.live_jobs j
  JOIN twinmill.lanes l ON l.lane = j.lane
  LEFT JOIN (SELECT q.token, q.worker, q.claimed_at, running.job_id
             FROM twinmill.claims q, unnest(q.job_ids) AS running(job_id)) AS c ON c.job_id = j.job_id
  LEFT JOIN twinmill.progress p ON p.job_id = j.job_id;
COMMENT ON VIEW twinmill.jobs IS 'Live jobs: blocked, scheduled, ready or running. Finished jobs are in job_history';
COMMENT ON COLUMN twinmill.jobs.priority IS 'Lower runs first; 0 is the default';
COMMENT ON COLUMN twinmill.jobs.attempt IS 'The running one included; 0 = never claimed';
COMMENT ON COLUMN twinmill.jobs.percent IS 'Progress as the job last told it, perhaps in an earlier attempt';

CREATE VIEW twinmill.all_jobs AS
  SELECT job_id, state::text, kind, queue, tenant, twin_id, priority, attempt, max_attempts, crashes, unique_key,
         concurrency_key, arguments, NULL::text AS result, errors, enqueued_at, run_at, claimed_at,
         NULL::timestamptz AS started_at, NULL::timestamptz AS finished_at, claimed_by, requested_by, schedule, tick,
         retry_of
  FROM twinmill.jobs
  UNION ALL
  SELECT job_id, state::text, kind, queue, tenant, twin_id, priority, attempt, max_attempts, crashes, unique_key,
         concurrency_key, arguments, result, coalesce(errors, '[]'), enqueued_at, run_at, claimed_at,
         started_at, finished_at, claimed_by, requested_by, schedule, tick,
         retry_of
  FROM twinmill.job_history;
COMMENT ON VIEW twinmill.all_jobs IS 'Live and finished jobs. Name a job_id or a range of finished_at: the history is long';

CREATE VIEW twinmill.queues AS
  WITH waiting AS (
    SELECT l.queue,
           count(*) FILTER (WHERE j.state = 'ready')     AS ready,
           count(*) FILTER (WHERE j.state = 'scheduled') AS scheduled,
           count(*) FILTER (WHERE j.state = 'blocked')   AS blocked,
           min(j.run_at) FILTER (WHERE j.state = 'ready') AS oldest_ready
    FROM twinmill.live_jobs j JOIN twinmill.lanes l ON l.lane = j.lane
    GROUP BY l.queue
  ), running AS (
    SELECT l.queue, sum(cardinality(c.job_ids)) AS running
    FROM twinmill.claims c JOIN twinmill.lanes l ON l.lane = c.lane
    GROUP BY l.queue
  )
  SELECT queue,
         coalesce(w.ready, 0) - coalesce(r.running, 0) AS ready, coalesce(w.scheduled, 0) AS scheduled,
         coalesce(r.running, 0) AS running, coalesce(w.blocked, 0) AS blocked, w.oldest_ready,
         coalesce(s.is_paused, false) AS is_paused, s.max_running, s.max_running_per_key, s.rate,
         CASE WHEN s.rate IS NOT NULL THEN s.rate_seconds END AS rate_seconds,
         coalesce(s.ageing_seconds, 60) AS ageing_seconds
  FROM waiting w FULL JOIN running r USING (queue) FULL JOIN twinmill.queue_settings s USING (queue);
COMMENT ON VIEW twinmill.queues IS 'Live jobs by queue and state, with the queue''s settings';

-- Purpose: tell workers that jobs of a queue are ready. Only a hint: they poll.
--          A commit with a NOTIFY holds a lock of the whole database while it is written to disk: such commits follow
--          one another, and no two share a flush. So of all transactions that enqueue within the same 10 ms only one
--          notifies, and nobody waits for it; and a session whose calls follow one another notifies twice in 10 ms, not
--          with each. The others are found all the same: each holds the shared lock below until it has committed, and who
--          is notified looks again until nobody holds it, after two notifications in a row for at least 10 ms
--          (Listener.swift). Late by up to the poll interval is only a job enqueued within 10 ms of one whose transaction
--          goes on for longer or rolls back, and only if nobody enqueues after it.
--          Measured, single calls of twinmill.enqueue per second (pgbench, two busy cores, a disk that flushes in 0.2 to
--          3 ms; medians of 9 interleaved rounds of 2 s, 3 each with 0, 1 and 10 listeners):
--            clients   never NOTIFY   NOTIFY in each   as here
--               4          1,624            513         1,406
--              16          3,961            440         3,526
--          With 10 listeners and 16 clients 3,944, 440 and 3,526; one client alone shares no flush, and sees no difference.
--          A NOTIFY costs a session whose calls follow one another 15 µs of CPU each time, of 80.
--          A turn of 5 ms is no better for the worker (it looks again after 1, 2, 4 ms) and notifies twice as often.
-- Index:   settings_pkey.  Locks: two advisory ones until the transaction ends, never waited for.
-- As in insert_job, few expressions: those of a call that stays quiet stand in one.
CREATE FUNCTION twinmill.wake(queue text) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
  turn text := queue || ' ' || (date_part('epoch', clock_timestamp()) * 100)::bigint;
BEGIN
  -- twinmill.woken: queues whose turn this transaction has had; it takes one throttle lock for each, not one every
  -- 10 ms. twinmill.told: the turn that this session had last, and whether it has notified twice in it; undone with the
  -- notification. The shared lock is missed only while a listener looks whether anybody holds it: then the throttle may
  -- not be used.
  IF queue = ANY (string_to_array(current_setting('twinmill.woken', true), ' '))
    OR (pg_try_advisory_xact_lock_shared(hashtextextended('twinmill.wake', 0))
        AND (current_setting('twinmill.told', true) = turn || ' twice'
             OR NOT pg_try_advisory_xact_lock(hashtextextended(turn, 0))))
  THEN
    RETURN;
  END IF;
  PERFORM set_config('twinmill.woken', concat_ws(' ', current_setting('twinmill.woken', true), queue), true),
          set_config('twinmill.told', CASE current_setting('twinmill.told', true) WHEN turn THEN turn || ' twice'
                                      ELSE turn END, false);
  IF EXISTS (SELECT FROM twinmill.settings s WHERE s.name = 'notify' AND s.value = 'false') THEN RETURN; END IF;
  -- Never more than a queue's name.
  PERFORM pg_notify('twinmill_jobs', queue);
END $$;
COMMENT ON FUNCTION twinmill.wake(text) IS 'Wakes the workers of a queue; enqueueing does it by itself';

CREATE FUNCTION twinmill.set_notify(enabled boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF enabled IS NULL THEN
    RAISE EXCEPTION 'enabled must be true or false, not NULL' USING ERRCODE = '22023',
      HINT = 'false: workers find new jobs by polling alone.';
  END IF;
  INSERT INTO twinmill.settings (name, value) VALUES ('notify', to_jsonb(enabled))
  ON CONFLICT (name) DO UPDATE SET value = excluded.value;
END $$;
COMMENT ON FUNCTION twinmill.set_notify(boolean) IS
  'false: enqueueing sends no NOTIFY, workers poll (TWINMILL_POLL_SECONDS); true, the default: it does';

-- Purpose: move jobs that do not run to the history. The caller has locked them and knows that nobody claims them.
--          $5: the jobs to blame, one each; the message names them with %s. NULL: the message stands as it is.
-- Index: jobs_pkey.  Locks: the jobs' rows.  Rows: one per job that was still there.
CREATE FUNCTION twinmill.archive(
  job_ids bigint[], final twinmill.final_state, cause text, message text, blamed bigint[] DEFAULT NULL)
RETURNS SETOF bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_nestloop = off SET enable_mergejoin = off SET jit = off
AS $$
  WITH gone AS (
    DELETE FROM twinmill.live_jobs j USING unnest(archive.job_ids, archive.blamed) AS a(job_id, blamed)
    WHERE j.job_id = ANY (archive.job_ids) AND j.job_id = a.job_id
    RETURNING j.*, a.blamed
  )
  INSERT INTO twinmill.job_history
    (job_id, state, kind, queue, tenant, twin_id, priority, attempt, max_attempts, crashes, unique_key,
     concurrency_key, arguments, errors, enqueued_at, run_at, finished_at, requested_by, schedule, tick, retry_of)
  SELECT g.job_id, archive.final, g.kind, l.queue, l.tenant, g.twin_id, l.priority, g.attempt, g.max_attempts,
         g.crashes, g.unique_key, g.concurrency_key, g.arguments,
         coalesce(g.errors, '[]') || jsonb_build_object(
           'attempt', g.attempt, 'at', clock_timestamp(), 'cause', archive.cause,
           'message', CASE WHEN g.blamed IS NULL THEN archive.message ELSE format(archive.message, g.blamed) END),
         g.enqueued_at, g.run_at, clock_timestamp(), g.requested_by, g.schedule, g.tick, g.retry_of
  FROM gone g
  CROSS JOIN LATERAL (SELECT l.queue, l.tenant, l.priority FROM twinmill.lanes l WHERE l.lane = g.lane OFFSET 0) AS l
  RETURNING job_id
$$;
COMMENT ON FUNCTION twinmill.archive(bigint[], twinmill.final_state, text, text, bigint[]) IS
  'Ends jobs that wait; twinmill.cancel and the upkeep of deadlines call it';

-- Purpose: return the jobs of dead workers, and declare dead those that the caller has seen standing still.
-- Index:   workers_pkey, jobs_pkey; claims is read as a whole.
-- Locks:   worker rows, their claims, their jobs' rows in id order.  Rows: one per rescued job.
CREATE FUNCTION twinmill.rescue(suspects uuid[], beats bigint[])
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
    FROM unnest(suspects, beats) AS s(id, beat) JOIN twinmill.workers w ON w.id = s.id AND w.beat = s.beat
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
    SET attempt = j.attempt + 1, crashes = j.crashes + 1, turn = nextval('twinmill.turns'),
        errors = coalesce(j.errors, '[]') || jsonb_build_object(
          'attempt', j.attempt + 1, 'at', clock_timestamp(), 'claimed_at', c.claimed_at, 'cause', 'crash',
          'message', 'the worker died or was lost', 'worker', c.worker)
    FROM crashed c
    WHERE j.job_id = ANY (ARRAY(SELECT o.job_id FROM crashed o)) AND j.job_id = c.job_id AND c.outcome = 'ready'
    RETURNING j.job_id
  )
  SELECT array_agg(r.job_id), array_agg(r.outcome) INTO rescued, outcomes
  FROM (SELECT job_id, 'ready' AS outcome FROM returned UNION ALL SELECT job_id, state::text FROM archived) AS r;

  PERFORM twinmill.release(rescued);
  RETURN QUERY SELECT r.job_id, r.outcome FROM unnest(rescued, outcomes) AS r(job_id, outcome);
END $$;
COMMENT ON FUNCTION twinmill.rescue(uuid[], bigint[]) IS
  'Declares workers dead that stood still at the given beats, and returns their jobs; workers call it, people need not';
REVOKE ALL ON FUNCTION
  twinmill.rescue(uuid[], bigint[]), twinmill.wake(text), twinmill.set_notify(boolean),
  twinmill.archive(bigint[], twinmill.final_state, text, text, bigint[])
FROM PUBLIC;
