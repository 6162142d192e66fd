-- Purpose: calls insert_job for a request in one piece.
-- Index:   see insert_job.
-- Locks:   see insert_job.
-- Rows:    one.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.insert_request(
  request twinmill.job_request, OUT job_id bigint, OUT outcome text, OUT ready_in text)
LANGUAGE plpgsql
AS $$
BEGIN
  SELECT i.* INTO job_id, outcome, ready_in
  FROM twinmill.insert_job(
    request.kind, request.twin, request.arguments, request.queue, request.priority, request.run_at,
    twinmill.own_key(request.unique_key), request.max_attempts, request.depends_on, request.on_discard, request.tenant,
    request.concurrency_key, request.deadline, request.if_waiting, NULL, NULL, NULL) AS i;
END $$;
COMMENT ON FUNCTION twinmill.insert_request(twinmill.job_request) IS 'insert_job of a request';
