-- Workers, what they work on, and what tells the living from the dead.
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
  heartbeats         bigint NOT NULL DEFAULT 0,
  jobs_running       integer NOT NULL DEFAULT 0,
  is_draining        boolean NOT NULL DEFAULT false,
  clock_offset_ms    double precision
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
COMMENT ON TABLE twinmill.workers IS 'Living worker processes; a row goes when its worker stops or is declared dead';
COMMENT ON COLUMN twinmill.workers.id IS 'Random for each process start: never a host name or a process id';
COMMENT ON COLUMN twinmill.workers.queues IS 'NULL: all';
COMMENT ON COLUMN twinmill.workers.lock_key IS
  'Session-level advisory lock held by the living process; NULL: it holds none, as behind a pooling proxy';
COMMENT ON COLUMN twinmill.workers.heartbeats IS 'Grows with each renewal: a rescuer must see it stand still by its own clock';
COMMENT ON COLUMN twinmill.workers.clock_offset_ms IS 'Worker''s clock minus the server''s, as last measured; for people only';

-- One row per batch that somebody works on. A job is running if it stands in one: the row is the fence, and whoever
-- ends or returns its jobs locks it first.
CREATE TABLE twinmill.claims (
  token        uuid PRIMARY KEY,
  worker       uuid NOT NULL,
  lane         integer NOT NULL,
  is_requeued  boolean NOT NULL,
  last_position      bigint NOT NULL,
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
COMMENT ON COLUMN twinmill.claims.last_position IS 'Highest place in the lane that this claim took';
COMMENT ON COLUMN twinmill.claims.is_requeued IS 'Whether the place counts turns (jobs that became ready later) or job ids';
COMMENT ON COLUMN twinmill.claims.keys IS
  'Concurrency key of each of job_ids; NULL: none of them has one';

-- Entered after a claim cursor: what ended below it, dead entries included, is not walked.
CREATE INDEX claims_lane ON twinmill.claims (lane, is_requeued, last_position);

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
