-- Jobs that wait for others.
CREATE TABLE twinmill.dependencies (
  depends_on  bigint NOT NULL,
  job_id      bigint NOT NULL,
  on_discard  text NOT NULL CHECK (on_discard IN ('discard', 'run')),
  PRIMARY KEY (depends_on, job_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE twinmill.dependencies IS 'Which unfinished job waits for which; a row goes when its depends_on ends';
COMMENT ON COLUMN twinmill.dependencies.on_discard IS
  'If depends_on is discarded or cancelled: discard this job too, or run it all the same';
CREATE INDEX dependencies_job ON twinmill.dependencies (job_id);

-- Jobs that ended while an open transaction held their dependents: maintain_waiting resolves those.
CREATE TABLE twinmill.unresolved (job_id bigint PRIMARY KEY);
COMMENT ON TABLE twinmill.unresolved IS
  'Finished jobs whose dependents could not be resolved yet; nearly always empty';
