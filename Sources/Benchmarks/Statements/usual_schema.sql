-- Purpose: the tables of a queue of the usual shape, with Twinmill's columns: what --compare-sql works on.
-- Index:   of the kind that such a queue needs.  Locks: new objects only.  Rows: none.
DROP SCHEMA IF EXISTS twinmill_bench CASCADE;
CREATE SCHEMA twinmill_bench;
CREATE TYPE twinmill_bench.job_state AS ENUM ('blocked', 'scheduled', 'ready', 'running');
CREATE TABLE twinmill_bench.jobs (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  state         twinmill_bench.job_state NOT NULL,
  priority      smallint NOT NULL DEFAULT 0,
  attempt       smallint NOT NULL DEFAULT 0,
  max_attempts  smallint NOT NULL DEFAULT 5,
  crashes       smallint NOT NULL DEFAULT 0,
  kind          text NOT NULL,
  queue         text NOT NULL,
  twin_id       uuid,
  unique_key    text,
  arguments     jsonb NOT NULL DEFAULT '{}',
  enqueued_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  run_at        timestamptz NOT NULL DEFAULT now(),
  claimed_at    timestamptz,
  claimed_by    uuid,
  token         uuid,
  requested_by  text NOT NULL DEFAULT session_user,
  schedule      text,
  tick          timestamptz,
  retry_of      bigint,
  errors        jsonb NOT NULL DEFAULT '[]'
) WITH (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
  autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000,
  autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX jobs_ready ON twinmill_bench.jobs (queue, kind, priority, id) WHERE state = 'ready' AND crashes < 2;
CREATE INDEX jobs_running ON twinmill_bench.jobs (claimed_by) WHERE state = 'running';
CREATE UNIQUE INDEX jobs_unique ON twinmill_bench.jobs (kind, unique_key) WHERE unique_key IS NOT NULL;
CREATE TABLE twinmill_bench.job_history (
  job_id bigint NOT NULL, state text NOT NULL, kind text NOT NULL, queue text NOT NULL, twin_id uuid,
  priority smallint NOT NULL, attempt smallint NOT NULL, max_attempts smallint NOT NULL, crashes smallint NOT NULL,
  unique_key text, arguments jsonb NOT NULL, result text, errors jsonb NOT NULL, enqueued_at timestamptz NOT NULL,
  run_at timestamptz NOT NULL, claimed_at timestamptz, started_at timestamptz, finished_at timestamptz NOT NULL,
  claimed_by uuid, token uuid, requested_by text NOT NULL, schedule text, tick timestamptz, retry_of bigint
);
CREATE INDEX job_history_job ON twinmill_bench.job_history (job_id);
