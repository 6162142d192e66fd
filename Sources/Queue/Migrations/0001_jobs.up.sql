-- The tables of the queue. Apps and psql touch them through functions and views only.

CREATE SCHEMA IF NOT EXISTS twinmill;
COMMENT ON SCHEMA twinmill IS 'Twinmill: background jobs over the histories of digital twins';
REVOKE ALL ON SCHEMA twinmill FROM PUBLIC;

CREATE TABLE twinmill.settings (
  name  text PRIMARY KEY,
  value jsonb NOT NULL
);
COMMENT ON TABLE twinmill.settings IS
  'What the database and the programs must agree on, e.g. twins_schema: where the twin tables live';

-- Written by `twinmill migrate up` and by every worker that starts: what can be asked for.
CREATE TABLE twinmill.kinds (
  name                  text PRIMARY KEY,
  summary               text NOT NULL,
  arguments_schema      jsonb NOT NULL,
  queue                 text NOT NULL,
  max_attempts          smallint NOT NULL CHECK (max_attempts BETWEEN 1 AND 1000),
  needs_twin            boolean NOT NULL,
  recomputes_on_change  boolean NOT NULL,
  registered_at         timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE twinmill.kinds IS 'Kinds of job that the installed version of Twinmill can run';

CREATE TYPE twinmill.job_state AS ENUM ('blocked', 'scheduled', 'ready', 'running');
CREATE TYPE twinmill.final_state AS ENUM ('completed', 'discarded', 'cancelled');

-- Live jobs only: finished ones move to job_history in the transaction that finishes them.
CREATE TABLE twinmill.jobs (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  state         twinmill.job_state NOT NULL,
  priority      smallint NOT NULL,
  attempt       smallint NOT NULL DEFAULT 0,
  max_attempts  smallint NOT NULL,
  crashes       smallint NOT NULL DEFAULT 0,
  kind          text NOT NULL,
  queue         text NOT NULL,
  twin_id       uuid,
  unique_key    text,
  arguments     jsonb NOT NULL,
  enqueued_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  run_at        timestamptz NOT NULL,
  claimed_at    timestamptz,
  claimed_by    uuid,
  token         uuid,
  requested_by  text NOT NULL,
  schedule      text,
  tick          timestamptz,
  retry_of      bigint,
  errors        jsonb NOT NULL DEFAULT '[]',
  CONSTRAINT jobs_running_is_owned CHECK (
    (state = 'running') = (claimed_by IS NOT NULL AND token IS NOT NULL AND claimed_at IS NOT NULL))
) WITH (
  -- Every job is written three times and leaves; vacuum by count, not by share of a table that is mostly dead.
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
  autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000,
  autovacuum_vacuum_cost_delay = 0
);
COMMENT ON TABLE twinmill.jobs IS 'Live jobs: blocked, scheduled, ready or running. Finished jobs are in job_history';
COMMENT ON COLUMN twinmill.jobs.priority IS 'Lower runs first; 0 is the default';
COMMENT ON COLUMN twinmill.jobs.attempt IS 'Charged when the job is claimed; 0 = never claimed';
COMMENT ON COLUMN twinmill.jobs.max_attempts IS 'How many attempts may end in an error; crashes are counted apart';
COMMENT ON COLUMN twinmill.jobs.crashes IS 'How often a worker died or was lost with this job; the third time discards it';
COMMENT ON COLUMN twinmill.jobs.token IS 'Random per claim: with attempt and claimed_by it fences every write of an attempt';
COMMENT ON COLUMN twinmill.jobs.requested_by IS 'Database role that asked for the job';
COMMENT ON COLUMN twinmill.jobs.retry_of IS 'The finished job that this one repeats (twinmill.retry)';

-- A lane is (queue, kind, priority): claims start after the lane's cursor, in id order.
CREATE INDEX jobs_ready ON twinmill.jobs (queue, kind, priority, id) WHERE state = 'ready' AND crashes < 2;
-- Jobs that were there at two crashes: claimed one at a time, so that the next crash convicts the right one.
CREATE INDEX jobs_suspect ON twinmill.jobs (id) WHERE state = 'ready' AND crashes >= 2;
CREATE INDEX jobs_due ON twinmill.jobs (run_at) WHERE state = 'scheduled';
CREATE INDEX jobs_running ON twinmill.jobs (claimed_by) WHERE state = 'running';
-- Only unfinished jobs are in the table, so this is uniqueness among unfinished jobs.
CREATE UNIQUE INDEX jobs_unique ON twinmill.jobs (kind, unique_key) WHERE unique_key IS NOT NULL;
CREATE INDEX jobs_schedule ON twinmill.jobs (schedule) WHERE schedule IS NOT NULL;

CREATE TABLE twinmill.job_history (
  job_id        bigint NOT NULL,
  state         twinmill.final_state NOT NULL,
  kind          text NOT NULL,
  queue         text NOT NULL,
  twin_id       uuid,
  priority      smallint NOT NULL,
  attempt       smallint NOT NULL,
  max_attempts  smallint NOT NULL,
  crashes       smallint NOT NULL,
  unique_key    text,
  arguments     jsonb NOT NULL,
  result        text,
  errors        jsonb NOT NULL,
  enqueued_at   timestamptz NOT NULL,
  run_at        timestamptz NOT NULL,
  claimed_at    timestamptz,
  started_at    timestamptz,
  finished_at   timestamptz NOT NULL,
  claimed_by    uuid,
  token         uuid,
  requested_by  text NOT NULL,
  schedule      text,
  tick          timestamptz,
  retry_of      bigint
) PARTITION BY RANGE (finished_at);
COMMENT ON TABLE twinmill.job_history IS 'Finished jobs, one partition per UTC day of finished_at';
COMMENT ON COLUMN twinmill.job_history.result IS 'stored, or unchanged: the input was what it was, nothing was written';
COMMENT ON COLUMN twinmill.job_history.started_at IS 'When the winning attempt began to load, by the server''s clock';
CREATE INDEX job_history_job ON twinmill.job_history (job_id);

-- Takes what has no partition of its own, so that a late partition never loses a job.
CREATE TABLE twinmill.job_history_default PARTITION OF twinmill.job_history DEFAULT;

CREATE VIEW twinmill.all_jobs AS
  SELECT id AS job_id, state::text, kind, queue, twin_id, priority, attempt, max_attempts, crashes, unique_key,
         arguments, NULL::text AS result, errors, enqueued_at, run_at, claimed_at, NULL::timestamptz AS started_at,
         NULL::timestamptz AS finished_at, claimed_by, requested_by, schedule, tick, retry_of
  FROM twinmill.jobs
  UNION ALL
  SELECT job_id, state::text, kind, queue, twin_id, priority, attempt, max_attempts, crashes, unique_key,
         arguments, result, errors, enqueued_at, run_at, claimed_at, started_at,
         finished_at, claimed_by, requested_by, schedule, tick, retry_of
  FROM twinmill.job_history;
COMMENT ON VIEW twinmill.all_jobs IS 'Live and finished jobs. Name a job_id or a range of finished_at: the history is long';

CREATE VIEW twinmill.queues AS
  SELECT queue,
         count(*) FILTER (WHERE state = 'ready')     AS ready,
         count(*) FILTER (WHERE state = 'scheduled') AS scheduled,
         count(*) FILTER (WHERE state = 'running')   AS running,
         count(*) FILTER (WHERE state = 'blocked')   AS blocked,
         min(run_at) FILTER (WHERE state = 'ready')  AS oldest_ready
  FROM twinmill.jobs GROUP BY queue;
COMMENT ON VIEW twinmill.queues IS 'Live jobs by queue and state';
