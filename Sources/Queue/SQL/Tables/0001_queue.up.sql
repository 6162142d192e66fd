-- The tables of the queue. Applications and psql use them through functions and views only.
CREATE SCHEMA IF NOT EXISTS twinmill;
COMMENT ON SCHEMA twinmill IS 'Twinmill: background jobs over the histories of digital twins';
REVOKE ALL ON SCHEMA twinmill FROM PUBLIC;

CREATE TABLE twinmill.settings (
  name  text PRIMARY KEY,
  value jsonb NOT NULL
);
COMMENT ON TABLE twinmill.settings IS
  'Values on which the database and the programs must agree, for example twins_schema: the schema of the twin tables';

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
COMMENT ON TABLE twinmill.routines IS
  'Functions, views and triggers as "twinmill migrate up" applied them from their files';
COMMENT ON COLUMN twinmill.routines.signature IS
  'A function with its argument types, a view, or a trigger''s name "on" its table';
COMMENT ON COLUMN twinmill.routines.version IS 'Version of Twinmill that applied this text';
COMMENT ON COLUMN twinmill.routines.grants IS 'Roles that its file names; roles.sql grants them EXECUTE or SELECT';
COMMENT ON COLUMN twinmill.routines.retired_by IS
  'Version that no longer has this function; it stays for workers of the version before, and the next version drops it';

-- Tables in which a kind writes rows for each of its jobs, beside the results. There is no foreign key, because the
-- history is partitioned by day.
CREATE TABLE twinmill.job_tables (
  table_name  text PRIMARY KEY,
  kind        text NOT NULL
);
COMMENT ON TABLE twinmill.job_tables IS
  'Tables of this schema whose rows (column job_id) go when the history forgets the jobs of the kind';

-- `twinmill migrate up` and every worker that starts write their kinds here.
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
-- Every enqueue evaluates it: it is neither compressed nor out of line, as long as it fits a page.
ALTER TABLE twinmill.kinds ALTER COLUMN accepts SET STORAGE EXTERNAL, SET (toast_tuple_target = 8160);
COMMENT ON TABLE twinmill.kinds IS 'Kinds of job that the installed version of Twinmill can run';
COMMENT ON COLUMN twinmill.kinds.follows IS
  'Kinds whose results of the same twin it reads: twinmill.recompute lets it wait for them';
COMMENT ON COLUMN twinmill.kinds.timeout_seconds IS 'How long one attempt may compute before it is cancelled and fails';
COMMENT ON COLUMN twinmill.kinds.accepts IS
  'The predicate of arguments_schema, which the trigger compile_schema keeps; NULL: the schema has no such form';

CREATE TYPE twinmill.job_state AS ENUM ('blocked', 'scheduled', 'ready', 'running');
CREATE TYPE twinmill.final_state AS ENUM ('completed', 'discarded', 'cancelled');

-- The settings of a queue by its operators. A queue without a row has no limits.
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
  'Worth of one step of priority: only jobs that are due less than this, times the difference in priority, after a '
  'job may overtake it';

-- The jobs of a lane differ only in their age: claims go through a lane in order. Rows stay.
-- The index is not unique: two transactions that need a new lane at once insert it twice, and neither waits for the
-- other one's commit.
CREATE TABLE twinmill.lanes (
  lane      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue     text COLLATE "C" NOT NULL,
  kind      text COLLATE "C" NOT NULL,
  tenant    text COLLATE "C" NOT NULL,
  priority  smallint NOT NULL
);
CREATE INDEX lanes_by_name ON twinmill.lanes (queue, kind, tenant, priority, lane);
COMMENT ON TABLE twinmill.lanes IS 'Queue, kind, tenant and priority of jobs, by number';

-- Live jobs only: the transaction that finishes a job moves it to job_history. A running job keeps its row as it was
-- claimed, and one row of `claims` holds its whole batch: a claim does not touch the rows of its jobs.
-- Measured on a drain of 200,000 jobs in batches of 500, in bare SQL: with one UPDATE per claimed job 83,000 jobs/s and
-- 925 bytes of WAL per job, with one claim record per batch 117,000 jobs/s and 520 bytes.
CREATE TABLE twinmill.live_jobs (
  job_id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  enqueued_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  run_at           timestamptz NOT NULL,
  lane             integer NOT NULL,
  -- Never running. A CHECK would cost a twelfth of a single insert.
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
  -- Each job is written once and leaves. Vacuum goes by count, not by share of a table that is mostly dead.
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
  autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000,
  autovacuum_vacuum_cost_delay = 0
);
COMMENT ON TABLE twinmill.live_jobs IS 'Unfinished jobs as they were enqueued or put back; read twinmill.jobs';
COMMENT ON COLUMN twinmill.live_jobs.attempt IS 'Attempts that have ended; the running one is one more';
COMMENT ON COLUMN twinmill.live_jobs.max_attempts IS 'How many attempts may end in an error; crashes count apart';
COMMENT ON COLUMN twinmill.live_jobs.crashes IS
  'How often a worker died or was lost with this job; the third time discards it';
COMMENT ON COLUMN twinmill.live_jobs.waits_for IS
  'Unfinished jobs that it depends on; a blocked job with 0 waits for its concurrency key';
COMMENT ON COLUMN twinmill.live_jobs.requeue_seq IS
  'Position of a job that became ready after it was enqueued; NULL: job_id is the position';
COMMENT ON COLUMN twinmill.live_jobs.requested_by IS 'Database role that asked for the job';
COMMENT ON COLUMN twinmill.live_jobs.retry_of IS 'The finished job that this one repeats (twinmill.retry)';

-- Claims walk a lane queue by ascending position and never look back: they walk dead entries once. A job that becomes
-- ready later (due, retried, resolved, rescued) takes a new position in the requeued queue, after every cursor.
CREATE SEQUENCE twinmill.requeue_sequence;
CREATE INDEX jobs_ready ON twinmill.live_jobs (lane, (requeue_seq IS NOT NULL), coalesce(requeue_seq, job_id))
  WHERE state = 'ready' AND crashes < 2;

-- Poison jobs, after two crashes: they are claimed one at a time, and the next crash convicts the right one.
CREATE INDEX jobs_poison ON twinmill.live_jobs (job_id) WHERE state = 'ready' AND crashes >= 2;
CREATE INDEX jobs_due ON twinmill.live_jobs (run_at) WHERE state = 'scheduled';
CREATE INDEX jobs_deadline ON twinmill.live_jobs (deadline) WHERE deadline IS NOT NULL;

-- Jobs that wait for their concurrency key.
CREATE INDEX jobs_blocked_by_key ON twinmill.live_jobs (concurrency_key, job_id)
  WHERE state = 'blocked' AND concurrency_key IS NOT NULL AND waits_for = 0;

-- Only unfinished jobs are in the table: the key is unique among unfinished jobs.
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
COMMENT ON COLUMN twinmill.job_history.result IS
  'stored, or unchanged: the input had not changed, and the job wrote nothing';
COMMENT ON COLUMN twinmill.job_history.started_at IS 'When the winning attempt began to load, by the server''s clock';
COMMENT ON COLUMN twinmill.job_history.token IS
  'Random per claim; with job_id, attempt and claimed_by it fences an attempt';
CREATE INDEX job_history_job ON twinmill.job_history (job_id);

-- It takes the rows of days without a partition: no job is lost when a partition comes late.
CREATE TABLE twinmill.job_history_default PARTITION OF twinmill.job_history DEFAULT;

-- A request for a job, in the order of twinmill.enqueue's parameters. NULL stands for the default, except in kind and
-- arguments.
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
COMMENT ON TYPE twinmill.job_request IS
  'A request for a job: twinmill.request builds it, twinmill.enqueue_all takes an array of them';
