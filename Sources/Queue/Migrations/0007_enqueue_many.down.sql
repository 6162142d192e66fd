DROP FUNCTION twinmill.enqueue_documents(jsonb[]);
DROP FUNCTION twinmill.enqueue_many(jsonb);
DROP FUNCTION twinmill.read_requests(jsonb[]);
DROP FUNCTION twinmill.request_members();
DROP FUNCTION twinmill.read_request(jsonb);
DROP FUNCTION twinmill.enqueue_all(twinmill.job_request[]);
DROP FUNCTION twinmill.request(text, uuid, jsonb, text, integer, timestamptz, text, integer, bigint[], text[], text, text,
                               timestamptz, text);
DROP FUNCTION twinmill.insert_jobs(twinmill.job_request[], text[]);
DROP FUNCTION twinmill.rows_of(twinmill.job_request[], bigint[], text[], text[], text[], integer[], integer[],
                              timestamptz, uuid[], boolean);
DROP FUNCTION twinmill.goes_in_bulk(twinmill.kinds, twinmill.job_request, timestamptz, uuid[], boolean);
