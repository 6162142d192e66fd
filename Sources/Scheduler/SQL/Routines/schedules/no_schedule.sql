-- Purpose: raises the error of every function that is given an unknown schedule.
-- Index:   schedules_pkey.
-- Locks:   none.
-- Rows:    none: it always raises.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.no_schedule(name text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'no schedule %', coalesce(quote_literal(no_schedule.name), 'NULL') USING ERRCODE = 'P0002',
    HINT = coalesce(
      'Known: ' || (SELECT string_agg(k.name, ', ' ORDER BY k.name)
                    FROM (SELECT s.name FROM twinmill.schedules s ORDER BY s.name LIMIT 20) AS k) || '.',
      'There is none yet: SELECT twinmill.schedule(name, cron, kind);');
END $$;
COMMENT ON FUNCTION twinmill.no_schedule(text) IS 'Raises P0002 and names the existing schedules';
