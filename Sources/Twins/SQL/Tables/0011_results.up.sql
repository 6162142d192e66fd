-- Purpose: the latest result of each twin and kind, whose input hash lets an unchanged job end without a write; and the
--          last time at which the sweep took its marks.
-- Index:   results_pkey, twin_sweeps_pkey.
-- Locks:   none.
CREATE TABLE twinmill.results (
  twin_id uuid NOT NULL,
  kind text NOT NULL,
  input_hash text NOT NULL,
  code_version text NOT NULL,
  job_id bigint NOT NULL,
  attempt integer NOT NULL,
  computed_at timestamptz NOT NULL,
  checked_at timestamptz NOT NULL,
  summary jsonb,
  PRIMARY KEY (twin_id, kind)
) WITH (fillfactor = 80);
COMMENT ON TABLE twinmill.results IS
  'The latest result per twin and kind: the hash of its input, the job and attempt that wrote it. computed_at equals '
  'created_at of its rows; checked_at is when its input was read; summary is the result''s metadata, also if the job '
  'had no rows to write';

CREATE TABLE twinmill.twin_sweeps (
  twin_id uuid NOT NULL,
  kind text NOT NULL,
  dirty_since timestamptz NOT NULL,
  swept_at timestamptz NOT NULL,
  job_id bigint NOT NULL,
  PRIMARY KEY (twin_id, kind)
) WITH (fillfactor = 80);
COMMENT ON TABLE twinmill.twin_sweeps IS
  'When the sweep last took marks of the twin, the oldest change among them, and the job that was to read the change. '
  'A result whose input was read before swept_at is stale';
