-- Purpose: refuses a text that is no cron expression: 22023, with the field, the bad text and the allowed values.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.check_cron(cron text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  fields text[] := regexp_split_to_array(btrim(coalesce(cron, ''), E' \t\n\r'), E'[ \t\n\r]+');
  five constant text := 'The fields are minute, hour, day of month, month, day of week, as in 30 6 * * MON-FRI.';
  days integer[];
  months integer[];
BEGIN
  IF fields[1] = '' THEN
    RAISE EXCEPTION 'the cron expression is empty' USING ERRCODE = '22023', HINT = five;
  END IF;
  IF fields[1] LIKE '@%' THEN
    IF cardinality(fields) = 1 AND lower(fields[1] COLLATE "C") = ANY (
         '{@yearly,@annually,@monthly,@weekly,@daily,@midnight,@hourly}') THEN
      RETURN;
    END IF;
    RAISE EXCEPTION 'unknown shorthand "%"', array_to_string(fields, ' ') USING ERRCODE = '22023',
      HINT = 'Known are @yearly @annually @monthly @weekly @daily @midnight @hourly.';
  END IF;
  IF cardinality(fields) <> 5 THEN
    RAISE EXCEPTION 'a cron expression has five fields, "%" has %', array_to_string(fields, ' '), cardinality(fields)
      USING ERRCODE = '22023', HINT = five;
  END IF;
  PERFORM twinmill.cron_numbers(1, fields[1]);
  PERFORM twinmill.cron_numbers(2, fields[2]);
  days := twinmill.cron_numbers(3, fields[3]);
  months := twinmill.cron_numbers(4, fields[4]);
  PERFORM twinmill.cron_numbers(5, fields[5]);
  -- Either day may match when neither field starts with *; then there is always a weekday.
  IF (fields[3] LIKE '*%' OR fields[5] LIKE '*%') AND NOT EXISTS (
       SELECT FROM unnest(days) AS d(day), unnest(months) AS m(month)
       WHERE d.day <= CASE WHEN m.month = 2 THEN 29 WHEN m.month IN (4, 6, 9, 11) THEN 30 ELSE 31 END) THEN
    RAISE EXCEPTION 'this never happens: no month in "%" has a day in "%"', fields[4], fields[3]
      USING ERRCODE = '22023', HINT = 'Day of month L is the last day of every month.';
  END IF;
END $$;
COMMENT ON FUNCTION twinmill.check_cron(text) IS
  'Accepts a cron expression of five fields or a shorthand such as @daily; an error names the fault';
