-- Purpose: lets the server check the bodies of the functions that were made or replaced, after all tables and functions
--          are there. A setting of the transaction, twinmill.changed, holds their oids.
-- Index:   pg_proc_oid_index.
-- Locks:   none.
-- Rows:    none.
SET LOCAL check_function_bodies = on;
DO $do$
DECLARE
  one record;
  said text;
BEGIN
  FOR one IN
    SELECT p.oid, p.oid::regprocedure::text AS signature, l.lanvalidator::regproc::text AS validator
    FROM unnest(current_setting('twinmill.changed')::oid[]) AS changed (id)
    JOIN pg_catalog.pg_proc p ON p.oid = changed.id
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanvalidator <> 0
  LOOP
    BEGIN
      EXECUTE format('SELECT %s(%s)', one.validator, one.oid);
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS said = PG_EXCEPTION_HINT;
      RAISE EXCEPTION 'function %: %', one.signature, sqlerrm USING ERRCODE = sqlstate, HINT = said;
    END;
  END LOOP;
END
$do$;
