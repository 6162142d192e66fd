-- Purpose: puts the triggers that leave marks on a table whose rows name a subject.
-- Index:   none.
-- Locks:   SHARE ROW EXCLUSIVE on the table.
-- Rows:    none.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.track_subjects(
  tracked regclass, domain text, key text, VARIADIC via text[] DEFAULT '{}'
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  action record;
  place record;
BEGIN
  SELECT n.nspname::text AS in_schema, c.relname::text AS name
  INTO STRICT place
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = tracked;
  PERFORM twinmill.require_plain(
    ARRAY[place.in_schema, place.in_schema, place.in_schema], ARRAY[place.name, via[1], via[1]],
    ARRAY[key, via[2], via[3]]);
  IF cardinality(via) = 0 THEN PERFORM twinmill.require_built_in(tracked, key); END IF;
  FOR action IN
    SELECT *
    FROM (VALUES
      ('INSERT', 'REFERENCING NEW TABLE AS new_rows'),
      ('UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'),
      ('DELETE', 'REFERENCING OLD TABLE AS old_rows'),
      ('TRUNCATE', '')
    ) AS a (event, transition)
  LOOP
    -- It comes first: triggers of one event are called in the order of their names.
    IF cardinality(via) > 0 AND action.event <> 'TRUNCATE' THEN
      PERFORM twinmill.add_trigger(
        tracked, domain, 'twinmill_find_' || lower(action.event), action.event, action.transition,
        'find_subjects', ARRAY[key] || via);
    END IF;
    PERFORM twinmill.add_trigger(
      tracked, domain, 'twinmill_note_' || lower(action.event), action.event, action.transition,
      'note_subject_changes', ARRAY[domain, key] || via);
  END LOOP;
END
$function$;
COMMENT ON FUNCTION twinmill.track_subjects(regclass, text, text, text[]) IS
  'For schema scripts of domains: puts the triggers that leave marks on a table whose column names the subject, or '
  'leads to it through another table of its schema (table, column to join with, column with the subject)';
