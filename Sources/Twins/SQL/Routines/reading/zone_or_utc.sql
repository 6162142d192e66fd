-- Purpose: returns a time zone as an application wrote it, or UTC if there is no such zone.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.zone_or_utc(zone text) RETURNS text
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
  IF zone IS NULL THEN
    RETURN 'UTC';
  END IF;
  PERFORM now() AT TIME ZONE zone;
  RETURN zone;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN 'UTC';
END
$function$;
COMMENT ON FUNCTION twinmill.zone_or_utc(text) IS
  'The time zone, or UTC if it is none: the row of one user must not fail a batch';
