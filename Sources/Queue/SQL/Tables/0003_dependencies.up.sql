-- Jobs that wait for others, and what the end of a job sets free.
CREATE TABLE twinmill.dependencies (
  depends_on  bigint NOT NULL,
  job_id      bigint NOT NULL,
  on_discard  text NOT NULL CHECK (on_discard IN ('discard', 'run')),
  PRIMARY KEY (depends_on, job_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE twinmill.dependencies IS 'Which unfinished job waits for which; an edge goes when its depends_on ends';
COMMENT ON COLUMN twinmill.dependencies.on_discard IS
  'When depends_on is discarded or cancelled: discard this job too, or run it all the same';
CREATE INDEX dependencies_job ON twinmill.dependencies (job_id);

-- Jobs that have ended and whose dependents somebody's open transaction held: upkeep lets those go.
CREATE TABLE twinmill.unresolved (job_id bigint PRIMARY KEY);
COMMENT ON TABLE twinmill.unresolved IS 'Finished jobs with dependents that could not be let go yet; nearly always empty';
