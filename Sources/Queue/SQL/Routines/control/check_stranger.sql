-- Purpose: refuses a job that has another one's id. After a failover that lost commits, the new primary gives the ids
--          of lost jobs to others; the instant of the enqueue tells them apart. $2 is the instant found, $3 the one that
--          the caller expects; NULL: any.
-- Index:   none.
-- Locks:   none.
-- Rows:    none.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.check_stranger(job_id bigint, enqueued_at timestamptz, expected timestamptz)
RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF expected <> enqueued_at THEN
    RAISE EXCEPTION 'job % is another job: it was enqueued at %, not at %', job_id, enqueued_at, expected
      USING ERRCODE = 'P0002',
        HINT = 'A failover lost the commit of yours, and its id was given again: enqueue it once more.';
  END IF;
END $$;
COMMENT ON FUNCTION twinmill.check_stranger(bigint, timestamptz, timestamptz) IS
  'Refuses a job that was not enqueued at the instant that the caller expects';
