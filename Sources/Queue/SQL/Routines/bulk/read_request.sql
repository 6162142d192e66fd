-- Purpose: turns one JSON object into a request. Absent members have the defaults of enqueue.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.read_request(job jsonb) RETURNS twinmill.job_request
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  unknown text;
BEGIN
  IF jsonb_typeof(job) <> 'object' THEN
    RAISE EXCEPTION 'a job must be a JSON object, not %', jsonb_typeof(job) USING ERRCODE = '22023';
  END IF;
  SELECT key INTO unknown FROM jsonb_object_keys(job) AS key WHERE key <> ALL (twinmill.request_members()) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'a job has no "%"', unknown USING ERRCODE = '22023',
      HINT = 'Known: ' || array_to_string(twinmill.request_members(), ', ') || '.';
  END IF;
  IF jsonb_typeof(job -> 'depends_on') = 'number' THEN
    job := jsonb_set(job, '{depends_on}', jsonb_build_array(job -> 'depends_on'));
  END IF;
  IF jsonb_typeof(job -> 'on_discard') = 'string' THEN
    job := jsonb_set(job, '{on_discard}', jsonb_build_array(job -> 'on_discard'));
  END IF;
  IF job ->> 'twin' ~ '/' THEN
    job := jsonb_set(job, '{twin}', to_jsonb(
      twinmill.twin(split_part(job ->> 'twin', '/', 1), substring(job ->> 'twin' FROM '/(.*)$'))));
  END IF;
  RETURN jsonb_populate_record(twinmill.request(NULL), job);
END $$;
COMMENT ON FUNCTION twinmill.read_request(jsonb) IS 'A JSON object as a request; refuses unknown members';
