-- Purpose: what domains with tables of their own stand on: tying subjects to twins, marking twins when rows of their
--   subject are written, and creating what is missing on request. An application may own any of the tables.
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

CREATE FUNCTION twinmill.add_trigger(
  tracked regclass, domain text, name text, event text, transition text, called text, arguments text[]
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
  IF EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = tracked AND g.tgname = add_trigger.name) THEN
    RETURN;
  END IF;
  EXECUTE format(
    'CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION twinmill.%I(%s)',
    name, event, tracked, transition, called,
    (SELECT string_agg(quote_literal(a.argument), ', ') FROM unnest(arguments) AS a (argument)));
  INSERT INTO twinmill.created_objects (origin, object_type, schema_name, table_name, object_name)
  SELECT domain, 'trigger', n.nspname, c.relname, add_trigger.name
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = tracked;
END
$function$;
COMMENT ON FUNCTION twinmill.add_trigger(regclass, text, text, text, text, text, text[]) IS
  'Used by domains'' schema scripts: a statement trigger, unless it is there, recorded for migrate down.';
REVOKE EXECUTE ON FUNCTION twinmill.add_trigger(regclass, text, text, text, text, text, text[]) FROM PUBLIC;

CREATE FUNCTION twinmill.track_subjects(
  tracked regclass, domain text, key text, VARIADIC via text[] DEFAULT '{}'
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  action record;
  place record;
BEGIN
  -- The marks are written with the rights of this schema's owner, who must be able to look the subject up: found out
  -- here and not in an application's INSERT.
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
  'Used by domains'' schema scripts: dirty tracking on a table whose column names the subject, or leads to it through another table of its schema (table, column to join with, column with the subject).';
REVOKE EXECUTE ON FUNCTION twinmill.track_subjects(regclass, text, text, text[]) FROM PUBLIC;

CREATE FUNCTION twinmill.register_new_subjects(tracked regclass, domain text, key text) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $function$
  SELECT twinmill.add_trigger(
    tracked, domain, 'twinmill_register', 'INSERT', 'REFERENCING NEW TABLE AS new_rows', 'note_new_subjects',
    ARRAY[domain, key])
$function$;
COMMENT ON FUNCTION twinmill.register_new_subjects(regclass, text, text) IS
  'Used by domains'' schema scripts: rows that are added to this table have their twins at once.';
REVOKE EXECUTE ON FUNCTION twinmill.register_new_subjects(regclass, text, text) FROM PUBLIC;

CREATE FUNCTION twinmill.add_domain_table(domain text, schema_name text, table_name text, columns text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  grantee text;
BEGIN
  IF to_regclass(format('%I.%I', schema_name, table_name)) IS NOT NULL THEN
    RETURN;
  END IF;
  IF to_regnamespace(quote_ident(schema_name)) IS NULL THEN
    EXECUTE format('CREATE SCHEMA %I', schema_name);
    INSERT INTO twinmill.created_objects (origin, object_type, schema_name)
    VALUES (domain, 'schema', add_domain_table.schema_name);
  END IF;
  EXECUTE format('CREATE TABLE %I.%I (%s)', schema_name, table_name, columns);
  EXECUTE format(
    'COMMENT ON TABLE %I.%I IS %L', schema_name, table_name,
    format('Data of domain %s, created by Twinmill (twinmill.created_objects).', domain));
  INSERT INTO twinmill.created_objects (origin, object_type, schema_name, table_name)
  VALUES (domain, 'table', add_domain_table.schema_name, add_domain_table.table_name);
  -- Whoever may read the twins may read their observations: the worker's role, above all.
  FOR grantee IN
    SELECT CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE granted.grantee::regrole::text END
    FROM pg_class c
    CROSS JOIN LATERAL aclexplode(c.relacl) AS granted
    WHERE c.oid = $name$@twins@.user_digital_twins$name$::regclass
      AND granted.privilege_type = 'SELECT'
      AND granted.grantee <> c.relowner
  LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %s', schema_name, grantee);
    EXECUTE format('GRANT SELECT ON %I.%I TO %s', schema_name, table_name, grantee);
  END LOOP;
END
$function$;
COMMENT ON FUNCTION twinmill.add_domain_table(text, text, text, text) IS
  'Used by domains'' schema scripts: a table, and its schema, where they are missing, recorded for migrate down.';
REVOKE EXECUTE ON FUNCTION twinmill.add_domain_table(text, text, text, text) FROM PUBLIC;

CREATE FUNCTION twinmill.add_domain_index(domain text, indexed regclass, columns text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  place record;
  index_name text;
BEGIN
  -- One that begins with these columns, in this order, will do; either direction.
  IF EXISTS (
    SELECT
    FROM pg_index i
    WHERE i.indrelid = indexed
      AND i.indpred IS NULL
      AND i.indisvalid
      AND ARRAY(
        SELECT a.attname::text
        FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = indexed AND a.attnum = k.number
        WHERE k.place <= cardinality(columns)
        ORDER BY k.place
      ) = columns
  ) THEN
    RETURN;
  END IF;
  SELECT n.nspname, c.relname
  INTO place
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = indexed;
  index_name := left(format('twinmill_%s_%s', place.relname, array_to_string(columns, '_')), 63);
  EXECUTE format(
    'CREATE INDEX %I ON %s (%s)', index_name, indexed,
    (SELECT string_agg(quote_ident(c.name), ', ' ORDER BY c.place) FROM unnest(columns) WITH ORDINALITY AS c (name, place)));
  INSERT INTO twinmill.created_objects (origin, object_type, schema_name, table_name, object_name)
  VALUES (domain, 'index', place.nspname, place.relname, index_name);
END
$function$;
COMMENT ON FUNCTION twinmill.add_domain_index(text, regclass, text[]) IS
  'Used by domains'' schema scripts: an index that begins with these columns, where there is none, recorded for migrate down.';
REVOKE EXECUTE ON FUNCTION twinmill.add_domain_index(text, regclass, text[]) FROM PUBLIC;

CREATE FUNCTION twinmill.require_columns(
  domain text, table_schema text, tables text[], columns text[]
) RETURNS void
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  missing text;
BEGIN
  SELECT string_agg(format('%I.%I', need.in_table, need.name), ', ')
  INTO missing
  FROM unnest(tables, columns) AS need (in_table, name)
  WHERE to_regclass(format('%I.%I', table_schema, need.in_table)) IS NOT NULL
    AND NOT EXISTS (
      SELECT
      FROM pg_attribute a
      WHERE a.attrelid = to_regclass(format('%I.%I', table_schema, need.in_table))
        AND a.attname = need.name
        AND a.attnum > 0
        AND NOT a.attisdropped
    );
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'tables of schema % lack columns that domain % needs: %', table_schema, domain, missing
      USING ERRCODE = 'undefined_column',
        HINT = format(
          'If they belong to another application, keep the domain''s tables elsewhere: TWINMILL_DOMAIN_SCHEMAS=%s=SCHEMA.',
          domain);
  END IF;
END
$function$;
COMMENT ON FUNCTION twinmill.require_columns(text, text, text[], text[]) IS
  'Refuses tables that are there and lack a column that the domain reads; tables that are missing are no error.';
REVOKE EXECUTE ON FUNCTION twinmill.require_columns(text, text, text[], text[]) FROM PUBLIC;

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
