-- Workers, their claims, and the heartbeats that tell the living from the dead.
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
  'Session-level advisory lock of the living process; NULL: it holds none, for example behind a pooling proxy';
COMMENT ON COLUMN twinmill.workers.heartbeats IS
  'Grows by one with each heartbeat; a rescuer must see it stand still by its own clock';
COMMENT ON COLUMN twinmill.workers.clock_offset_ms IS
  'Worker''s clock minus the server''s, as last measured; for people only';

-- One row per batch that a worker works on. A job is running if a claim holds it. The row is the fence: a statement
-- that ends its jobs or puts them back locks it first.
CREATE TABLE twinmill.claims (
  token          uuid PRIMARY KEY,
  worker         uuid NOT NULL,
  lane           integer NOT NULL,
  is_requeued    boolean NOT NULL,
  last_position  bigint NOT NULL,
  claimed_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  job_ids        bigint[] NOT NULL,
  keys           text[]
) WITH (
  fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000,
  -- The table is small and always in use: a few pages are not worth a lock that every claim waits for.
  vacuum_truncate = false
);
COMMENT ON TABLE twinmill.claims IS 'Batches being worked on, one row each, with the jobs that have not ended yet';
COMMENT ON COLUMN twinmill.claims.token IS 'Random per claim; with the worker it fences every write of its attempts';
COMMENT ON COLUMN twinmill.claims.last_position IS 'The last position that this claim took from its lane queue';
COMMENT ON COLUMN twinmill.claims.is_requeued IS
  'Whether the positions are those of requeued jobs (requeue_seq) or of fresh ones (job_id)';
COMMENT ON COLUMN twinmill.claims.keys IS
  'Concurrency key of each of job_ids; NULL: none of them has one';

-- Claims enter it after their cursor: they do not walk the claims that ended below it, nor dead entries.
CREATE INDEX claims_lane ON twinmill.claims (lane, is_requeued, last_position);

-- There is no index by worker: plans made on few claims would look the fence up by it, through all claims that the
-- worker ever made.

-- Requests to stop running jobs, in a table of their own: a request never waits for the lock of a job's row.
CREATE TABLE twinmill.cancellations (
  job_id        bigint PRIMARY KEY,
  requested_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  requested_by  text NOT NULL
);
COMMENT ON TABLE twinmill.cancellations IS
  'Running jobs that somebody asked to cancel; workers read it with each heartbeat';

-- The progress of running jobs, apart from their rows; it stays from attempt to attempt.
CREATE TABLE twinmill.progress (
  job_id      bigint PRIMARY KEY,
  attempt     smallint NOT NULL,
  percent     real CHECK (percent BETWEEN 0 AND 100),
  message     text,
  updated_at  timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
COMMENT ON TABLE twinmill.progress IS
  'Latest progress of unfinished jobs; maintenance deletes it when they have finished';
