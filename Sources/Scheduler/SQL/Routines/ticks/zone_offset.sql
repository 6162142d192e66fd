-- Purpose: returns the seconds by which a zone's clock is ahead of UTC now, by the server's rules; NULL: no such zone.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- It does not use AT TIME ZONE, which reads CET, EET, MET and WET as abbreviations without summer time, not as zones.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.zone_offset(zone text) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  before text := current_setting('TimeZone');
  ahead integer;
BEGIN
  PERFORM set_config('TimeZone', zone, true);
  ahead := extract(timezone FROM now());
  PERFORM set_config('TimeZone', before, true);
  RETURN ahead;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN NULL;
END $$;
COMMENT ON FUNCTION twinmill.zone_offset(text) IS
  'Seconds that a zone''s clock is ahead of UTC now; schedulers compare it with their own rules';
