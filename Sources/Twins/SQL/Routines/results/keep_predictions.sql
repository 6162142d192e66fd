-- Purpose: sets for how many days predictions are kept.
-- Index:   settings_pkey.
-- Locks:   the setting's row.
-- Rows:    none.
-- Grant:   twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.keep_predictions(days integer) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
  IF days NOT BETWEEN 1 AND 36500 THEN
    RAISE EXCEPTION 'days must be between 1 and 36500, not %', days USING ERRCODE = '22023',
      HINT = 'NULL keeps all predictions; the latest one of a twin always stays.';
  END IF;
  IF days IS NOT NULL AND NOT has_table_privilege($name$@twins@.twin_predictions$name$, 'DELETE') THEN
    RAISE EXCEPTION 'role % may not delete from %', current_user, $name$@twins@.twin_predictions$name$
      USING ERRCODE = 'insufficient_privilege',
        HINT = format('GRANT DELETE ON %s TO %I;', $name$@twins@.twin_predictions$name$, current_user);
  END IF;
  INSERT INTO twinmill.settings (name, value) VALUES ('prediction_days', coalesce(to_jsonb(days), 'null'))
  ON CONFLICT (name) DO UPDATE SET value = excluded.value;
END
$function$;
COMMENT ON FUNCTION twinmill.keep_predictions(integer) IS
  'Sets how many days a twin''s predictions are kept, beside its latest one; NULL, the default: for ever';
