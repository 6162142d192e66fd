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

-- Functions, views and triggers have no numbered steps: `twinmill migrate up` applies each file whose text changed.
CREATE TABLE twinmill.routines (
  signature   text PRIMARY KEY,
  name        text NOT NULL,
  kind        text NOT NULL CHECK (kind IN ('function', 'view', 'trigger')),
  checksum    text NOT NULL,
  version     text NOT NULL,
  grants      text[] NOT NULL,
  retired_by  text
);
COMMENT ON TABLE twinmill.routines IS 'Functions, views and triggers as "twinmill migrate up" applied them from their files';
COMMENT ON COLUMN twinmill.routines.signature IS
  'A function with its argument types, a view, or a trigger''s name "on" its table';
COMMENT ON COLUMN twinmill.routines.version IS 'Version of Twinmill that applied this text';
COMMENT ON COLUMN twinmill.routines.grants IS 'Roles that its file names; roles.sql grants them EXECUTE or SELECT';
COMMENT ON COLUMN twinmill.routines.retired_by IS
  'Version that knows this function no more; it stays for the workers of the version before, and the next version drops it';

-- What a kind writes for each of its jobs beside the results. No foreign key: the history is partitioned by day.
CREATE TABLE twinmill.job_tables (
  table_name  text PRIMARY KEY,
  kind        text NOT NULL
);
COMMENT ON TABLE twinmill.job_tables IS
  'Tables of this schema whose rows (column job_id) go when the history forgets the jobs of the kind';

-- Written by `twinmill migrate up` and by every worker that starts: what can be asked for.
CREATE TABLE twinmill.kinds (
  name                  text PRIMARY KEY,
  summary               text NOT NULL,
  arguments_schema      jsonb NOT NULL,
  queue                 text NOT NULL,
  max_attempts          smallint NOT NULL CHECK (max_attempts BETWEEN 1 AND 1000),
  needs_twin            boolean NOT NULL,
  recomputes_on_change  boolean NOT NULL,
  registered_at         timestamptz NOT NULL DEFAULT now(),
  follows               text[] NOT NULL DEFAULT '{}',
  timeout_seconds       double precision,
  accepts               jsonpath
);
-- Evaluated for every job: neither compressed nor out of line, as long as it fits a page.
ALTER TABLE twinmill.kinds ALTER COLUMN accepts SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);
COMMENT ON TABLE twinmill.kinds IS 'Kinds of job that the installed version of Twinmill can run';
COMMENT ON COLUMN twinmill.kinds.follows IS
  'Kinds whose results of the same twin it reads: twinmill.recompute lets it wait for them';
COMMENT ON COLUMN twinmill.kinds.timeout_seconds IS 'How long one attempt may compute before it is cancelled and fails';
COMMENT ON COLUMN twinmill.kinds.accepts IS
  'arguments_schema as a predicate, kept by the trigger compile_schema; NULL: it has no such form';

CREATE TYPE twinmill.job_state AS ENUM ('blocked', 'scheduled', 'ready', 'running');
CREATE TYPE twinmill.final_state AS ENUM ('completed', 'discarded', 'cancelled');

-- What operators decide about a queue; no row: no limits.
CREATE TABLE twinmill.queue_settings (
  queue                text COLLATE "C" PRIMARY KEY,
  is_paused            boolean NOT NULL DEFAULT false,
  max_running          integer CHECK (max_running >= 0),
  max_running_per_key  integer CHECK (max_running_per_key >= 1),
  rate                 integer CHECK (rate >= 1),
  rate_seconds         double precision NOT NULL DEFAULT 1 CHECK (rate_seconds > 0),
  rate_left            double precision NOT NULL DEFAULT 0,
  rate_left_at         timestamptz NOT NULL DEFAULT '-infinity',
  ageing_seconds       double precision NOT NULL DEFAULT 60 CHECK (ageing_seconds >= 0),
  is_limited           boolean GENERATED ALWAYS AS
    (max_running IS NOT NULL OR max_running_per_key IS NOT NULL OR rate IS NOT NULL) STORED
);
COMMENT ON TABLE twinmill.queue_settings IS 'Pause, limits and ageing by queue: twinmill.pause, resume, limit_queue';
COMMENT ON COLUMN twinmill.queue_settings.max_running IS 'Most jobs of the queue running at once, over all workers';
COMMENT ON COLUMN twinmill.queue_settings.max_running_per_key IS 'Most jobs of one concurrency_key running at once';
COMMENT ON COLUMN twinmill.queue_settings.rate IS 'Most jobs started in rate_seconds, over all workers; also the burst';
COMMENT ON COLUMN twinmill.queue_settings.rate_left IS 'The token bucket as of rate_left_at';
COMMENT ON COLUMN twinmill.queue_settings.ageing_seconds IS
  'What one step of priority is worth: a job is overtaken only by jobs that are due less than this, times the '
  'difference in priority, after it';

-- A lane holds the jobs that are interchangeable but for their age: claims go through a lane in order. Rows stay.
-- Not unique: two transactions that need a new lane at once make it twice, and neither waits for the other's commit.
CREATE TABLE twinmill.lanes (
  lane      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue     text COLLATE "C" NOT NULL,
  kind      text COLLATE "C" NOT NULL,
  tenant    text COLLATE "C" NOT NULL,
  priority  smallint NOT NULL
);
CREATE INDEX lanes_by_name ON twinmill.lanes (queue, kind, tenant, priority, lane);
COMMENT ON TABLE twinmill.lanes IS 'Queue, kind, tenant and priority of jobs, by number';

-- Live jobs only: finished ones move to job_history in the transaction that finishes them. A running job stands here
-- as it was claimed, and in one row of `claims` with its whole batch: a claim does not touch the job's row.
-- Measured on a drain of 200,000 jobs in batches of 500, in bare SQL: one UPDATE per job to claim it 83,000 jobs/s and
-- 925 bytes of WAL per job, a claim record per batch 117,000 jobs/s and 520 bytes.
CREATE TABLE twinmill.live_jobs (
  job_id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enqueued_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  run_at           timestamptz NOT NULL,
  lane             integer NOT NULL,
  -- Never running. (A CHECK would cost a twelfth of a single insert.)
  state            twinmill.job_state NOT NULL,
  attempt          smallint NOT NULL DEFAULT 0,
  max_attempts     smallint NOT NULL,
  crashes          smallint NOT NULL DEFAULT 0,
  waits_for        smallint NOT NULL DEFAULT 0,
  requeue_seq      bigint,
  deadline         timestamptz,
  tick             timestamptz,
  retry_of         bigint,
  twin_id          uuid,
  kind             text COLLATE "C" NOT NULL,
  requested_by     text NOT NULL,
  arguments        jsonb NOT NULL,
  unique_key       text COLLATE "C",
  concurrency_key  text COLLATE "C",
  schedule         text,
  errors           jsonb
) WITH (
  -- Every job is written once and leaves; vacuum by count, not by share of a table that is mostly dead.
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
  autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000,
  autovacuum_vacuum_cost_delay = 0
);
COMMENT ON TABLE twinmill.live_jobs IS 'Unfinished jobs as they were enqueued or came back; read twinmill.jobs';
COMMENT ON COLUMN twinmill.live_jobs.attempt IS 'Attempts that have ended; the running one is one more';
COMMENT ON COLUMN twinmill.live_jobs.max_attempts IS 'How many attempts may end in an error; crashes are counted apart';
COMMENT ON COLUMN twinmill.live_jobs.crashes IS
  'How often a worker died or was lost with this job; the third time discards it';
COMMENT ON COLUMN twinmill.live_jobs.waits_for IS
  'Unfinished jobs that it depends on; 0 in a blocked job: it waits for its concurrency key';
COMMENT ON COLUMN twinmill.live_jobs.requeue_seq IS
  'Place among the jobs of its lane that became ready after they were enqueued; NULL: by job_id';
COMMENT ON COLUMN twinmill.live_jobs.requested_by IS 'Database role that asked for the job';
COMMENT ON COLUMN twinmill.live_jobs.retry_of IS 'The finished job that this one repeats (twinmill.retry)';

-- Claims walk a lane by ascending place and never look back, so that dead entries are walked once. What becomes ready
-- later (due, retried, released, rescued) takes a new place among its like, and is never behind a cursor either.
CREATE SEQUENCE twinmill.requeue_sequence;
CREATE INDEX jobs_ready ON twinmill.live_jobs (lane, (requeue_seq IS NOT NULL), coalesce(requeue_seq, job_id))
  WHERE state = 'ready' AND crashes < 2;

-- Jobs that were there at two crashes: claimed one at a time, so that the next crash convicts the right one.
CREATE INDEX jobs_poison ON twinmill.live_jobs (job_id) WHERE state = 'ready' AND crashes >= 2;
CREATE INDEX jobs_due ON twinmill.live_jobs (run_at) WHERE state = 'scheduled';
CREATE INDEX jobs_deadline ON twinmill.live_jobs (deadline) WHERE deadline IS NOT NULL;

-- Waiting for their concurrency key.
CREATE INDEX jobs_blocked_by_key ON twinmill.live_jobs (concurrency_key, job_id)
  WHERE state = 'blocked' AND concurrency_key IS NOT NULL AND waits_for = 0;

-- Only unfinished jobs are in the table, so this is uniqueness among unfinished jobs.
CREATE UNIQUE INDEX jobs_unique ON twinmill.live_jobs (kind, unique_key) WHERE unique_key IS NOT NULL;
CREATE INDEX jobs_schedule ON twinmill.live_jobs (schedule) WHERE schedule IS NOT NULL;

CREATE TABLE twinmill.job_history (
  job_id           bigint NOT NULL,
  enqueued_at      timestamptz NOT NULL,
  run_at           timestamptz NOT NULL,
  claimed_at       timestamptz,
  started_at       timestamptz,
  finished_at      timestamptz NOT NULL,
  claimed_by       uuid,
  token            uuid,
  state            twinmill.final_state NOT NULL,
  priority         smallint NOT NULL,
  attempt          smallint NOT NULL,
  max_attempts     smallint NOT NULL,
  crashes          smallint NOT NULL,
  twin_id          uuid,
  tick             timestamptz,
  retry_of         bigint,
  kind             text COLLATE "C" NOT NULL,
  queue            text COLLATE "C" NOT NULL,
  tenant           text COLLATE "C" NOT NULL DEFAULT '',
  result           text,
  requested_by     text NOT NULL,
  arguments        jsonb NOT NULL,
  unique_key       text COLLATE "C",
  concurrency_key  text COLLATE "C",
  schedule         text,
  errors           jsonb
) PARTITION BY RANGE (finished_at);
COMMENT ON TABLE twinmill.job_history IS 'Finished jobs, one partition per UTC day of finished_at';
COMMENT ON COLUMN twinmill.job_history.result IS 'stored, or unchanged: the input was what it was, nothing was written';
COMMENT ON COLUMN twinmill.job_history.started_at IS 'When the winning attempt began to load, by the server''s clock';
COMMENT ON COLUMN twinmill.job_history.token IS 'Random per claim: with job_id, attempt and claimed_by it fences an attempt';
CREATE INDEX job_history_job ON twinmill.job_history (job_id);

-- Takes what has no partition of its own, so that a late partition never loses a job.
CREATE TABLE twinmill.job_history_default PARTITION OF twinmill.job_history DEFAULT;

-- What can be asked for, in the order of twinmill.enqueue's parameters. NULL: the default, except of kind and arguments.
CREATE TYPE twinmill.job_request AS (
  kind             text,
  twin             uuid,
  arguments        jsonb,
  queue            text,
  priority         integer,
  run_at           timestamptz,
  unique_key       text,
  max_attempts     integer,
  depends_on       bigint[],
  on_discard       text[],
  tenant           text,
  concurrency_key  text,
  deadline         timestamptz,
  if_waiting       text
);
COMMENT ON TYPE twinmill.job_request IS 'A job to ask for, as twinmill.request makes it and twinmill.enqueue_many takes it';
