-- Purpose: what the schema scripts of domains call, on request: tables, indexes and triggers, each where it is missing,
--   recorded in twinmill.created_objects. An application may own any of the tables.
-- Index relied on: none. Locks: none here. Expected rows: none.
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
