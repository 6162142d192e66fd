-- Purpose: tells whether result_id made the id of a row.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.is_result(id uuid) RETURNS boolean
LANGUAGE sql
IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
  SELECT is_result.id BETWEEN '74776d69-6c6c-8000-0000-000000000000' AND '74776d69-6c6c-8fff-ffff-ffffffffffff'
$function$;
COMMENT ON FUNCTION twinmill.is_result(uuid) IS
  'Whether twinmill.result_id made the id of a row: a job wrote the row, not an application';
