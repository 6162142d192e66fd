-- Purpose: reads an instant as an application wrote it; NULL if the text is none.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.instant_or_null(written text) RETURNS timestamptz
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
  -- Words such as "now" are instants to PostgreSQL; a digit must come first.
  IF written ~ '^[0-9]' THEN
    RETURN written::timestamptz;
  END IF;
  RETURN NULL;
EXCEPTION WHEN invalid_datetime_format OR datetime_field_overflow OR invalid_parameter_value THEN
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION twinmill.instant_or_null(text) IS
  'A text as an instant, or NULL if it is none: for columns of an application, of any type';
