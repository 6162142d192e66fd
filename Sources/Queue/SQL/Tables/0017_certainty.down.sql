ALTER TABLE twinmill.kinds DROP COLUMN is_for_operators, DROP COLUMN arguments_limit;
DROP TABLE twinmill.clock_steps;
DO $do$
DECLARE
  part regclass;
BEGIN
  FOR part IN SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = 'twinmill.job_history'::regclass LOOP
    EXECUTE format('ALTER TABLE %s REPLICA IDENTITY DEFAULT', part);
  END LOOP;
END
$do$;
ALTER TABLE twinmill.job_history REPLICA IDENTITY DEFAULT;
