-- Purpose: inserts jobs that stand as JSON objects in the rows of a table.
-- Index:   see insert_jobs.
-- Locks:   see insert_jobs and wake.
-- Rows:    one per object, by number.
-- enqueue_many would have to build one large JSON array and to take it apart again: a fifth more time.
-- Grant:   twinmill_worker, twinmill_enqueue
CREATE OR REPLACE FUNCTION twinmill.enqueue_documents(jobs jsonb[])
RETURNS TABLE (number bigint, job_id bigint, outcome text, message text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  read record := twinmill.read_requests(jobs);
BEGIN
  RETURN QUERY SELECT * FROM twinmill.insert_jobs(read.requests, read.faults);
END $$;
COMMENT ON FUNCTION twinmill.enqueue_documents(jsonb[]) IS
  'Like enqueue_many, for objects that stand in the rows of a table: enqueue_documents((SELECT array_agg(job) FROM …))';
