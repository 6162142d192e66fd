-- Purpose: makes the id of a row that a job writes into a table where applications write too.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.result_id() RETURNS uuid
LANGUAGE sql
VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
  SELECT overlay(gen_random_uuid()::text PLACING '74776d69-6c6c-8' FROM 1 FOR 15)::uuid
$function$;
COMMENT ON FUNCTION twinmill.result_id() IS
  'The id of a row that a job writes into a table where applications write too: a UUID of version 8 (RFC 9562, custom) '
  'that begins with the letters twmill';
