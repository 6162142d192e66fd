-- Purpose: domains whose data stands in tables of an application: subjects get twins, twins are marked when rows of
--   their subject are written, and what applications write is read without failing a batch.
-- Index relied on: twinmill_twins_domain_subject. Locks: none here. Expected rows: none.
CREATE FUNCTION twinmill.register_subjects(domain text, subjects text[]) RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  registered bigint;
BEGIN
  WITH missing AS (
    SELECT DISTINCT s.subject
    FROM unnest(subjects) AS s (subject)
    WHERE s.subject ~ '\S'
      AND NOT EXISTS (
        SELECT
        FROM @twins@.user_digital_twins t
        WHERE t.domain = register_subjects.domain AND t.subject = s.subject
      )
  ), created AS (
    INSERT INTO @twins@.user_digital_twins (id, created_at, updated_at, status, domain, subject)
    SELECT gen_random_uuid(), now(), now(), 'active', register_subjects.domain, m.subject
    FROM missing m
    ORDER BY m.subject
    ON CONFLICT DO NOTHING
    RETURNING id
  ), marked AS (
    -- Their history may be older than the twin: the next sweep must see it.
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT c.id, 'register_subjects' FROM created c
  )
  SELECT count(*) INTO registered FROM created;
  RETURN registered;
EXCEPTION WHEN not_null_violation THEN
  RAISE EXCEPTION 'the application that owns %.user_digital_twins requires a column that Twinmill cannot fill: no twin of domain % was created',
      $name$@twins@$name$, register_subjects.domain
    USING ERRCODE = 'not_null_violation', DETAIL = SQLERRM,
      HINT = 'Create the twins through the application with domain and subject set, or set twins_schema to another schema.';
END
$function$;
COMMENT ON FUNCTION twinmill.register_subjects(text, text[]) IS
  'Creates a twin, marked dirty, for each of these subjects that has none in the domain; returns how many.';
REVOKE EXECUTE ON FUNCTION twinmill.register_subjects(text, text[]) FROM PUBLIC;

CREATE FUNCTION twinmill.note_new_subjects() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
-- Arguments of the trigger: domain, column that names the subject. An application's INSERT never fails because of it.
DECLARE
  subjects text[];
BEGIN
  EXECUTE format('SELECT array_agg(n.%I::text) FROM new_rows n', TG_ARGV[1]) INTO subjects;
  PERFORM twinmill.register_subjects(TG_ARGV[0], subjects);
  RETURN NULL;
EXCEPTION WHEN not_null_violation OR insufficient_privilege THEN
  RAISE WARNING 'no twin was created for new rows of %: %', TG_TABLE_NAME, SQLERRM;
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION twinmill.note_new_subjects() IS
  'Statement trigger for INSERT on a table of subjects: each new subject has its twin at once.';
REVOKE EXECUTE ON FUNCTION twinmill.note_new_subjects() FROM PUBLIC;

CREATE FUNCTION twinmill.note_subject_changes() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
-- Arguments of the trigger: domain, column with the subject; or, where the subject stands in another table: domain,
-- column, that table, its column to join with, its column with the subject. One mark per twin of the statement.
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
  'Statement trigger on a table whose rows name a subject: marks the twins of the subjects whose rows were written.';
REVOKE EXECUTE ON FUNCTION twinmill.note_subject_changes() FROM PUBLIC;

CREATE FUNCTION twinmill.zone_or_utc(zone text) RETURNS text
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
  IF zone IS NULL THEN
    RETURN 'UTC';
  END IF;
  PERFORM now() AT TIME ZONE zone;
  RETURN zone;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN 'UTC';
END
$function$;
COMMENT ON FUNCTION twinmill.zone_or_utc(text) IS
  'The time zone, or UTC when it is none: what an application wrote into a user''s row must not fail a batch.';
REVOKE EXECUTE ON FUNCTION twinmill.zone_or_utc(text) FROM PUBLIC;

CREATE FUNCTION twinmill.instant_or_null(written text) RETURNS timestamptz
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
  -- Words such as "now" are instants to PostgreSQL; a digit must come first.
  IF written ~ '^\d' THEN
    RETURN written::timestamptz;
  END IF;
  RETURN NULL;
EXCEPTION WHEN invalid_datetime_format OR datetime_field_overflow OR invalid_parameter_value THEN
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION twinmill.instant_or_null(text) IS
  'The instant, or NULL when the text is none: for columns that an application may have or not, of whatever type.';
REVOKE EXECUTE ON FUNCTION twinmill.instant_or_null(text) FROM PUBLIC;
