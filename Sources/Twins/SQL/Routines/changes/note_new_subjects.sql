-- Purpose: makes twins for the subjects of new rows. An application's INSERT never fails because of it.
-- Index:   see register_subjects.
-- Locks:   see register_subjects.
-- Rows:    none.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.note_new_subjects() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
-- Arguments of the trigger: domain, column that names the subject.
DECLARE
  subjects text[];
BEGIN
  PERFORM twinmill.require_built_in(TG_RELID, TG_ARGV[1]);
  EXECUTE format('SELECT array_agg(n.%I::text) FROM new_rows n', TG_ARGV[1]) INTO subjects;
  PERFORM twinmill.register_subjects(TG_ARGV[0], subjects);
  RETURN NULL;
EXCEPTION WHEN not_null_violation OR insufficient_privilege OR datatype_mismatch THEN
  RAISE WARNING 'no twin was created for new rows of %: %', TG_TABLE_NAME, SQLERRM;
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION twinmill.note_new_subjects() IS
  'Statement trigger for INSERT on a table of subjects: makes the twin of each new subject';
