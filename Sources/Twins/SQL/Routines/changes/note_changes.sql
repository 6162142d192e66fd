-- Purpose: leaves one mark per twin whose rows a statement wrote.
-- Index:   none.
-- Locks:   none: marks are only added.
-- Rows:    one mark per twin and statement.
-- SECURITY DEFINER, because an application's role has no right on the marks. It reads the statement's rows only, and of
-- them a column of a built-in type: see note_subject_changes.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.note_changes() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
  IF TG_OP <> 'TRUNCATE' THEN PERFORM twinmill.require_built_in(TG_RELID, 'twin_id'); END IF;
  IF TG_OP = 'INSERT' THEN
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT DISTINCT n.twin_id, TG_TABLE_NAME FROM new_rows n;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT n.twin_id, TG_TABLE_NAME FROM new_rows n UNION SELECT o.twin_id, TG_TABLE_NAME FROM old_rows o;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT DISTINCT o.twin_id, TG_TABLE_NAME FROM old_rows o;
  ELSE -- TRUNCATE does not say which twins lost their data
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT t.id, TG_TABLE_NAME FROM @twins@.user_digital_twins t WHERE t.domain IS NOT NULL;
  END IF;
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION twinmill.note_changes() IS 'Statement trigger: marks the twins whose rows a statement wrote';
