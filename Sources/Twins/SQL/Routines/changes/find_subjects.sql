-- Purpose: looks up, for the trigger after it, the subjects of the rows that a statement wrote, in a table of the
--          application. It has the rights of the role that writes: whatever that table does when it is read happens to
--          that role.
-- Index:   the application's, on the column to join with.
-- Locks:   none.
-- Rows:    none: the subjects go to note_subject_changes by the setting twinmill.subjects_of_<table's oid>, which ends
--          with the transaction. A role that forges it marks twins of the domain whose data it may write anyway.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.find_subjects() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
-- Arguments of the trigger: column, the other table (of the same schema), its column to join with, its column with the
-- subject.
DECLARE
  keys text := CASE TG_OP
    WHEN 'INSERT' THEN format('SELECT n.%1$I AS key FROM new_rows n', TG_ARGV[0])
    WHEN 'DELETE' THEN format('SELECT o.%1$I AS key FROM old_rows o', TG_ARGV[0])
    ELSE format('SELECT n.%1$I AS key FROM new_rows n UNION ALL SELECT o.%1$I FROM old_rows o', TG_ARGV[0])
  END;
  subjects text[];
BEGIN
  EXECUTE format(
    'SELECT array_agg(DISTINCT v.%I::text) FROM (SELECT DISTINCT k.key FROM (%s) k) k JOIN %I.%I v ON v.%I = k.key',
    TG_ARGV[3], keys, TG_TABLE_SCHEMA, TG_ARGV[1], TG_ARGV[2])
  INTO subjects;
  PERFORM set_config('twinmill.subjects_of_' || TG_RELID, coalesce(subjects, '{}')::text, true);
  RETURN NULL;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE EXCEPTION 'role % may not read %.%, which says whose rows of % are written',
      current_user, TG_TABLE_SCHEMA, TG_ARGV[1], TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege', DETAIL = SQLERRM,
      HINT = format('GRANT SELECT ON %I.%I TO %I;', TG_TABLE_SCHEMA, TG_ARGV[1], current_user);
END
$function$;
COMMENT ON FUNCTION twinmill.find_subjects() IS
  'Statement trigger before note_subject_changes: looks up the subjects of the written rows in another table of the '
  'application, with the rights of the role that writes';
