-- Purpose: removes exactly what twinmill.created_objects lists, newest first: what step 8 created or added, and the
--          tables of domains. An application's tables, columns and rows stay. Never with CASCADE: what an application
--          built on top of an object makes this fail and say so.
-- Locks:   ACCESS EXCLUSIVE on the tables that are dropped or lose a column.
DO $do$
DECLARE
  o record;
BEGIN
  FOR o IN SELECT * FROM twinmill.created_objects ORDER BY id DESC LOOP
    CASE o.object_type
    WHEN 'index' THEN
      EXECUTE format('DROP INDEX IF EXISTS %I.%I', o.schema_name, o.object_name);
    WHEN 'column' THEN
      EXECUTE format('ALTER TABLE IF EXISTS %I.%I DROP COLUMN IF EXISTS %I', o.schema_name, o.table_name, o.object_name);
    WHEN 'table' THEN
      EXECUTE format('DROP TABLE IF EXISTS %I.%I', o.schema_name, o.table_name);
    WHEN 'schema' THEN
      BEGIN
        EXECUTE format('DROP SCHEMA IF EXISTS %I', o.schema_name);
      EXCEPTION WHEN dependent_objects_still_exist THEN
        RAISE NOTICE 'schema % is kept: it holds objects that Twinmill did not create', o.schema_name;
      END;
    END CASE;
  END LOOP;
END
$do$;

DROP TABLE twinmill.created_objects;
