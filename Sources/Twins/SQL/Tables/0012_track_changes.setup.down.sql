-- Purpose: removes every trigger that Twinmill put on tables outside its own schema, those of domains included: the
--          functions that they call go next.
-- Locks:   ACCESS EXCLUSIVE on the tables that lose a trigger.
DO $do$
DECLARE
  o record;
BEGIN
  FOR o IN SELECT * FROM twinmill.created_objects WHERE object_type = 'trigger' ORDER BY id DESC LOOP
    IF to_regclass(format('%I.%I', o.schema_name, o.table_name)) IS NOT NULL THEN
      EXECUTE format('DROP TRIGGER IF EXISTS %I ON %I.%I', o.object_name, o.schema_name, o.table_name);
    END IF;
    DELETE FROM twinmill.created_objects WHERE id = o.id;
  END LOOP;
END
$do$;
