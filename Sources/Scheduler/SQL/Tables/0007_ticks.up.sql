-- Ticks: the decision on each planned instant.
CREATE TABLE twinmill.schedule_ticks (
  schedule    text NOT NULL,
  planned_at  timestamptz NOT NULL,
  outcome     text NOT NULL CHECK (outcome IN ('enqueued', 'merged', 'skipped', 'missed')),
  job_id      bigint,
  decided_at  timestamptz NOT NULL DEFAULT now(),
  reason      text,
  PRIMARY KEY (schedule, planned_at),
  CHECK ((outcome IN ('enqueued', 'merged')) = (job_id IS NOT NULL))
);
COMMENT ON TABLE twinmill.schedule_ticks IS
  'The decision on each planned instant, exactly one row each; schedulers delete rows 90 days after the instant';
COMMENT ON COLUMN twinmill.schedule_ticks.outcome IS
  'enqueued; merged: job_id had the same unique key; skipped: by the overlap policy; missed: by the catch-up policy';
COMMENT ON COLUMN twinmill.schedule_ticks.decided_at IS 'When a scheduler decided it, by the server''s clock';
CREATE INDEX schedule_ticks_planned_at ON twinmill.schedule_ticks (planned_at);
