-- Purpose: leaves one mark per twin whose subject's rows a statement wrote.
-- Index:   twinmill_twins_domain_subject.
-- Locks:   none: marks are only added.
-- Rows:    one mark per twin and statement.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.note_subject_changes() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
-- Arguments of the trigger: domain, column with the subject. If the subject stands in another table: domain, column,
-- that table, its column to join with, its column with the subject.
DECLARE
  keys text;
BEGIN
  IF TG_OP = 'TRUNCATE' THEN -- does not say which twins lost their data
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT t.id, TG_TABLE_NAME FROM @twins@.user_digital_twins t WHERE t.domain = TG_ARGV[0];
    RETURN NULL;
  END IF;
  keys := CASE TG_OP
    WHEN 'INSERT' THEN format('SELECT n.%1$I AS key FROM new_rows n', TG_ARGV[1])
    WHEN 'DELETE' THEN format('SELECT o.%1$I AS key FROM old_rows o', TG_ARGV[1])
    ELSE format('SELECT n.%1$I AS key FROM new_rows n UNION ALL SELECT o.%1$I FROM old_rows o', TG_ARGV[1])
  END;
  IF TG_NARGS > 2 THEN
    keys := format(
      'SELECT v.%I AS key FROM (SELECT DISTINCT k.key FROM (%s) k) k JOIN %I.%I v ON v.%I = k.key',
      TG_ARGV[4], keys, TG_TABLE_SCHEMA, TG_ARGV[2], TG_ARGV[3]);
  END IF;
  EXECUTE format(
    $q$
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT t.id, $1
    FROM (SELECT DISTINCT k.key FROM (%s) k) k
    JOIN @twins@.user_digital_twins t ON t.domain = $2 AND t.subject = k.key::text
    $q$, keys)
    USING TG_TABLE_NAME, TG_ARGV[0];
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION twinmill.note_subject_changes() IS
  'Statement trigger on a table whose rows name a subject: marks the twins of the subjects whose rows were written';
