DROP FUNCTION twinmill.enqueue_tick(text, timestamptz, text, uuid, jsonb, text, integer, timestamptz, text);
DROP FUNCTION twinmill.enqueue(
  text, uuid, jsonb, text, integer, timestamptz, text, integer, bigint[], text[], text, text, timestamptz, text);
DROP FUNCTION twinmill.insert_request(twinmill.job_request);
DROP FUNCTION twinmill.insert_job(
  text, uuid, jsonb, text, integer, timestamptz, text, integer, bigint[], text[], text, text, timestamptz, text, text,
  timestamptz, bigint);
DROP FUNCTION twinmill.admit(twinmill.job_request, timestamptz);
DROP FUNCTION twinmill.replace_job(bigint, twinmill.job_request, integer, text, integer);
DROP FUNCTION twinmill.unfinished_dependencies(twinmill.job_request);
DROP FUNCTION twinmill.check_request(twinmill.job_request, timestamptz);
DROP FUNCTION twinmill.is_well_placed(twinmill.job_request);
DROP FUNCTION twinmill.is_sound(twinmill.kinds, twinmill.job_request, timestamptz);
DROP FUNCTION twinmill.lane(text, text, text, integer);
DROP FUNCTION twinmill.check_job(text, uuid, jsonb, text, integer, text, integer);
DROP TYPE twinmill.job_request;
