-- Purpose: closes the gap between an enqueue and its commit. The job depended on may have ended in that time, and its
--          end did not see the dependency. At commit this trigger locks that job. If the job is gone, the trigger
--          resolves its dependents.
-- Index:   jobs_pkey.
-- Locks:   the row of the job depended on, FOR KEY SHARE, while the transaction commits. No session waits for an
--          application's open transaction because of it.
-- Rows:    one.
-- Grant:   none
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
  'Trigger of twinmill.dependencies: resolves a dependent whose job ended before its enqueue committed';
