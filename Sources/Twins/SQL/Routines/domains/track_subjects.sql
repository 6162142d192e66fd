-- Purpose: puts the triggers that leave marks on a table whose rows name a subject.
-- Index:   none.
-- Locks:   SHARE ROW EXCLUSIVE on the table.
-- Rows:    none.
-- Grant:   twinmill_worker
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
  -- The triggers write the marks with the rights of this schema's owner, who must be able to look the subject up. An
  -- error here is better than one in an application's INSERT.
  IF cardinality(via) > 0 THEN
    SELECT quote_ident(n.nspname) || '.' || quote_ident(via[1]) AS name, p.proowner AS reader
    INTO STRICT place
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN pg_proc p
    WHERE c.oid = tracked AND p.oid = 'twinmill.note_subject_changes'::regproc;
    IF NOT has_table_privilege(place.reader, place.name, 'SELECT') THEN
      RAISE EXCEPTION 'role % may not read %, which says whose rows of % are written', place.reader::regrole, place.name, tracked
        USING ERRCODE = 'insufficient_privilege',
          HINT = format('GRANT SELECT ON %s TO %s;', place.name, place.reader::regrole);
    END IF;
  END IF;
  FOR action IN
    SELECT *
    FROM (VALUES
      ('INSERT', 'REFERENCING NEW TABLE AS new_rows'),
      ('UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'),
      ('DELETE', 'REFERENCING OLD TABLE AS old_rows'),
      ('TRUNCATE', '')
    ) AS a (event, transition)
  LOOP
    PERFORM twinmill.add_trigger(
      tracked, domain, 'twinmill_note_' || lower(action.event), action.event, action.transition,
      'note_subject_changes', ARRAY[domain, key] || via);
  END LOOP;
END
$function$;
COMMENT ON FUNCTION twinmill.track_subjects(regclass, text, text, text[]) IS
  'For schema scripts of domains: puts the triggers that leave marks on a table whose column names the subject, or '
  'leads to it through another table of its schema (table, column to join with, column with the subject)';
