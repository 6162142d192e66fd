-- Purpose: removes the triggers find_subjects; and forgets what stands in twinmill.created_objects and is not ours, so
--          that the steps below drop nothing else.
-- Locks:   ACCESS EXCLUSIVE on the tables that lose a trigger.
SELECT twinmill.disown_objects();
DO $do$
DECLARE
  o record;
BEGIN
  FOR o IN SELECT * FROM twinmill.created_objects WHERE object_type = 'trigger' AND object_name LIKE 'twinmill\_find\_%' LOOP
    EXECUTE format('DROP TRIGGER IF EXISTS %I ON %I.%I', o.object_name, o.schema_name, o.table_name);
    DELETE FROM twinmill.created_objects WHERE id = o.id;
  END LOOP;
END
$do$;
