DROP FUNCTION twinmill.enqueue_tick(text, timestamptz, text, uuid, jsonb, text, integer, timestamptz, text);
DROP FUNCTION twinmill.enqueue_many(jsonb);
DROP FUNCTION twinmill.enqueue(text, uuid, jsonb, text, integer, timestamptz, text, integer);
DROP FUNCTION twinmill.insert_job(
  twinmill.kinds, uuid, jsonb, text, integer, timestamptz, text, integer, text, timestamptz, bigint);
DROP FUNCTION twinmill.lane(text, text, text, integer);
DROP FUNCTION twinmill.check_job(text, uuid, jsonb, text, integer, text, integer);
DROP FUNCTION twinmill.schema_fault(jsonb, jsonb, text);
