-- Purpose: close the gap between an enqueue and its commit: what it depends on may have ended meanwhile, and whoever
--          ended it did not see the edge. At commit the job depended on is locked (an instant: nothing waits for an
--          application's open transaction), and if it is gone the dependent is let go here.
-- Index:   jobs_pkey.
-- Locks:   the row of the job depended on, FOR KEY SHARE, while the transaction commits.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.settle_dependency() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM FROM twinmill.live_jobs j WHERE j.job_id = NEW.depends_on FOR KEY SHARE;
  IF NOT FOUND THEN
    PERFORM twinmill.resolve_dependents(ARRAY[NEW.depends_on]);
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION twinmill.settle_dependency() IS
  'Trigger of twinmill.dependencies: lets a dependent go whose job ended before its enqueue committed';
