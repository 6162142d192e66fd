-- Purpose: adds a statement trigger if it is missing, and records it for migrate down.
-- Index:   none.
-- Locks:   SHARE ROW EXCLUSIVE on the table.
-- Rows:    none.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.add_trigger(
  tracked regclass, domain text, name text, event text, transition text, called text, arguments text[]
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
  IF EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = tracked AND g.tgname = add_trigger.name) THEN
    RETURN;
  END IF;
  EXECUTE format(
    'CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION twinmill.%I(%s)',
    name, event, tracked, transition, called,
    (SELECT string_agg(quote_literal(a.argument), ', ') FROM unnest(arguments) AS a (argument)));
  INSERT INTO twinmill.created_objects (origin, object_type, schema_name, table_name, object_name)
  SELECT domain, 'trigger', n.nspname, c.relname, add_trigger.name
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = tracked;
END
$function$;
COMMENT ON FUNCTION twinmill.add_trigger(regclass, text, text, text, text, text, text[]) IS
  'For schema scripts of domains: adds a statement trigger if it is missing, and records it for migrate down';
