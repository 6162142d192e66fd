-- Purpose: puts the trigger that makes twins on a table of subjects.
-- Index:   none.
-- Locks:   SHARE ROW EXCLUSIVE on the table.
-- Rows:    none.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.register_new_subjects(tracked regclass, domain text, key text) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $function$
  SELECT twinmill.require_plain(ARRAY[n.nspname::text], ARRAY[c.relname::text], ARRAY[key])
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = tracked;
  SELECT twinmill.require_built_in(tracked, key);
  SELECT twinmill.add_trigger(
    tracked, domain, 'twinmill_register', 'INSERT', 'REFERENCING NEW TABLE AS new_rows', 'note_new_subjects',
    ARRAY[domain, key])
$function$;
COMMENT ON FUNCTION twinmill.register_new_subjects(regclass, text, text) IS
  'For schema scripts of domains: new rows of this table have their twins at once';
