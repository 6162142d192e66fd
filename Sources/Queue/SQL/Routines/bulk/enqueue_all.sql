-- Purpose: inserts the jobs of a query.
-- Index:   see insert_jobs.
-- Locks:   see insert_jobs and wake.
-- Rows:    one per request, by number.
-- Grant:   twinmill_worker, twinmill_enqueue
CREATE OR REPLACE FUNCTION twinmill.enqueue_all(requests twinmill.job_request[])
RETURNS TABLE (number bigint, job_id bigint, outcome text, message text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT * FROM twinmill.insert_jobs(requests, NULL) $$;
COMMENT ON FUNCTION twinmill.enqueue_all(twinmill.job_request[]) IS
  'Inserts the jobs of a query: enqueue_all(ARRAY(SELECT twinmill.request(…) FROM …)); per job: inserted, merged or '
  'replaced with job_id, or refused with the reason (message)';
