-- Purpose: turns JSON objects into requests: in one statement if all of them are well formed, else one by one. A
--          request that cannot be read is NULL, and faults holds the reason.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.read_requests(jobs jsonb[], OUT requests twinmill.job_request[], OUT faults text[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  is_known boolean;
  item record;
  hint text;
BEGIN
  BEGIN
    SELECT array_agg(jsonb_populate_record(twinmill.request(NULL), j.value)),
           bool_and(j.value - twinmill.request_members() = '{}')
    INTO requests, is_known
    FROM unnest(jobs) AS j(value);
  EXCEPTION WHEN data_exception THEN
    is_known := false;
  END;
  IF NOT is_known THEN
    requests := array_fill(NULL::twinmill.job_request, ARRAY[cardinality(jobs)]);
    faults := array_fill(NULL::text, ARRAY[cardinality(jobs)]);
    FOR item IN SELECT j.value, j.number FROM unnest(jobs) WITH ORDINALITY AS j(value, number) LOOP
      BEGIN
        requests[item.number] := twinmill.read_request(item.value);
      EXCEPTION WHEN data_exception THEN
        GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
        faults[item.number] := concat_ws(' ', sqlerrm || '.', nullif(hint, ''));
      END;
    END LOOP;
  END IF;
END $$;
COMMENT ON FUNCTION twinmill.read_requests(jsonb[]) IS 'JSON objects as requests, with the faults of their form';
