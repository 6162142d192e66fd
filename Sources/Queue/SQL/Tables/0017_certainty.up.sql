-- Every table has a replica identity: a publication FOR ALL TABLES refuses DELETE from a table without one, and with it
-- the history's upkeep. The history has no primary key across its partitions, so the whole row is the identity; only
-- rows that a late partition takes over are ever deleted. ALTER TABLE does not reach the partitions.
ALTER TABLE twinmill.job_history REPLICA IDENTITY FULL;
DO $do$
DECLARE
  part regclass;
BEGIN
  FOR part IN SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = 'twinmill.job_history'::regclass LOOP
    EXECUTE format('ALTER TABLE %s REPLICA IDENTITY FULL', part);
  END LOOP;
END
$do$;

-- Spans that the server's clock passed twice, because it was set back: no order of events can be read from instants in
-- them. A worker that saw the clock go back by its own clock writes the span. Each worker may write the same one.
CREATE TABLE twinmill.clock_steps (
  noticed_by  uuid NOT NULL,
  noticed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  from_time   timestamptz NOT NULL,
  until_time  timestamptz NOT NULL,
  PRIMARY KEY (noticed_by, noticed_at)
);
COMMENT ON TABLE twinmill.clock_steps IS
  'Spans of time that the server''s clock passed twice, as workers noticed; twinmill verify judges no order in them';
COMMENT ON COLUMN twinmill.clock_steps.noticed_by IS 'The worker';
COMMENT ON COLUMN twinmill.clock_steps.from_time IS 'The earliest that the clock may have shown after it was set back';
COMMENT ON COLUMN twinmill.clock_steps.until_time IS 'The latest that the clock may have shown before it was set back';

-- Limits of a kind that its operators set; a worker that registers its kinds leaves them as they are.
ALTER TABLE twinmill.kinds
  ADD COLUMN arguments_limit integer NOT NULL DEFAULT 1048576 CHECK (arguments_limit >= 1024),
  ADD COLUMN is_for_operators boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN twinmill.kinds.arguments_limit IS 'Most bytes of a job''s arguments: twinmill.limit_arguments';
COMMENT ON COLUMN twinmill.kinds.is_for_operators IS
  'Only roles that may call twinmill.may_probe() enqueue it: a job may burn as much of a worker as it is told to';
