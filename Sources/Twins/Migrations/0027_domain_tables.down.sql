-- Purpose: removes what domains created with these functions (tables, indexes, triggers that mark by subject), then
--   the functions. An application's tables and rows stay. Locks: ACCESS EXCLUSIVE on the tables that lose a trigger.
SELECT twinmill.drop_created(ARRAY(
  SELECT o.origin FROM twinmill.created_objects o
  EXCEPT
  SELECT o.origin
  FROM twinmill.created_objects o
  JOIN pg_trigger g ON g.tgname = o.object_name
    AND g.tgrelid = to_regclass(format('%I.%I', o.schema_name, o.table_name))
  WHERE g.tgfoid IN ('twinmill.note_subject_changes'::regproc, 'twinmill.note_new_subjects'::regproc)
));

DROP FUNCTION twinmill.require_columns(text, text, text[], text[]);
DROP FUNCTION twinmill.add_domain_index(text, regclass, text[]);
DROP FUNCTION twinmill.add_domain_table(text, text, text, text);
DROP FUNCTION twinmill.register_new_subjects(regclass, text, text);
DROP FUNCTION twinmill.track_subjects(regclass, text, text, text[]);
DROP FUNCTION twinmill.add_trigger(regclass, text, text, text, text, text, text[]);
