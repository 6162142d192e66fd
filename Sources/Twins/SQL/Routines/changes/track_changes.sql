-- Purpose: puts the triggers that leave marks on a table with a column twin_id, and records them for migrate down.
-- Index:   none.
-- Locks:   SHARE ROW EXCLUSIVE on the table.
-- Rows:    none.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.track_changes(
  tracked regclass, origin text, noted_by text DEFAULT 'note_changes'
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  place record;
  action record;
BEGIN
  SELECT n.nspname, c.relname
  INTO place
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = tracked;
  FOR action IN
    SELECT *
    FROM (VALUES
      ('INSERT', 'REFERENCING NEW TABLE AS new_rows', noted_by),
      ('UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows', noted_by),
      ('DELETE', 'REFERENCING OLD TABLE AS old_rows', noted_by),
      ('TRUNCATE', '', 'note_changes')
    ) AS a (event, transition, called)
  LOOP
    EXECUTE format(
      'CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION twinmill.%I()',
      'twinmill_note_' || lower(action.event), action.event, tracked, action.transition, action.called);
    INSERT INTO twinmill.created_objects (origin, object_type, schema_name, table_name, object_name)
    VALUES (track_changes.origin, 'trigger', place.nspname, place.relname, 'twinmill_note_' || lower(action.event));
  END LOOP;
END
$function$;
COMMENT ON FUNCTION twinmill.track_changes(regclass, text, text) IS
  'Puts the triggers that leave marks on a table with a column twin_id, and records them for migrate down';
