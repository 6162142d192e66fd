-- Purpose: leaves one mark per twin whose subject's rows a statement wrote.
-- Index:   twinmill_twins_domain_subject.
-- Locks:   none: marks are only added.
-- Rows:    one mark per twin and statement.
-- It has its owner's rights, and the table belongs to an application: it reads the rows of the statement and nothing
-- else of the application, and only columns of built-in types, whose text no application can define. Where the subject
-- stands in another table, find_subjects has looked it up before, with the rights of the role that writes.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.note_subject_changes() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
-- Arguments of the trigger: domain, column with the subject. If the subject stands in another table: domain, column,
-- that table, its column to join with, its column with the subject.
DECLARE
  subjects text[];
BEGIN
  IF TG_NARGS > 2 AND TG_OP <> 'TRUNCATE' THEN
    subjects := nullif(current_setting('twinmill.subjects_of_' || TG_RELID, true), '')::text[];
    PERFORM set_config('twinmill.subjects_of_' || TG_RELID, '', true);
  ELSIF TG_OP <> 'TRUNCATE' THEN
    PERFORM twinmill.require_built_in(TG_RELID, TG_ARGV[1]);
    EXECUTE CASE TG_OP
      WHEN 'INSERT' THEN format('SELECT array_agg(DISTINCT n.%I::text) FROM new_rows n', TG_ARGV[1])
      WHEN 'DELETE' THEN format('SELECT array_agg(DISTINCT o.%I::text) FROM old_rows o', TG_ARGV[1])
      ELSE format(
        'SELECT array_agg(DISTINCT k.key) FROM (SELECT n.%1$I::text AS key FROM new_rows n UNION ALL '
        'SELECT o.%1$I::text FROM old_rows o) k', TG_ARGV[1])
    END INTO subjects;
    IF subjects IS NULL THEN RETURN NULL; END IF;
  END IF;
  IF subjects IS NULL THEN -- a TRUNCATE, or subjects that nobody has looked up: it is not known which twins changed
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT t.id, TG_TABLE_NAME FROM @twins@.user_digital_twins t WHERE t.domain = TG_ARGV[0];
  ELSE
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT t.id, TG_TABLE_NAME
    FROM @twins@.user_digital_twins t
    WHERE t.domain = TG_ARGV[0] AND t.subject = ANY (subjects);
  END IF;
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION twinmill.note_subject_changes() IS
  'Statement trigger on a table whose rows name a subject: marks the twins of the subjects whose rows were written';
