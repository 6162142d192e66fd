-- Purpose: where a superuser migrates, gives what Twinmill owns to twinmill_owner, a role without login and without
--          rights of its own: whoever gets hold of a function's rights gets the queue, not the server. It makes the role
--          where it is missing. An entry of twinmill.created_objects is given only if it has the comment that its
--          creator wrote: releases up to 0.2.0 let the daemons' role write into that table.
-- Locks:   ACCESS EXCLUSIVE on what changes its owner.
DO $do$
DECLARE
  change text;
  created jsonb := '[]';
  -- The schema of the twin tables, and the tables there that an application may have made before.
  place regnamespace := to_regnamespace(
    quote_ident((SELECT s.value #>> '{}' FROM twinmill.settings s WHERE s.name = 'twins_schema')));
  shared text[] := current_setting('twinmill.shared_tables')::text[];
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN RETURN; END IF;
  IF to_regrole('twinmill_owner') IS NULL THEN
    BEGIN
      CREATE ROLE twinmill_owner NOLOGIN;
      COMMENT ON ROLE twinmill_owner IS 'Twinmill: owns its schema and tables; nobody logs in as it.';
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL; -- another database of this server has just been migrated
    END;
  END IF;
  IF (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = 'twinmill_owner') THEN
    RAISE EXCEPTION 'role twinmill_owner is a superuser'
      USING ERRCODE = 'insufficient_privilege', HINT = 'ALTER ROLE twinmill_owner NOSUPERUSER;';
  END IF;

  IF to_regclass('twinmill.created_objects') IS NOT NULL THEN
    EXECUTE 'SELECT coalesce(jsonb_agg(to_jsonb(o)), ''[]'') FROM twinmill.created_objects o' INTO created;
  END IF;
  FOR change IN
    WITH supers AS MATERIALIZED (
      SELECT r.oid FROM pg_roles r WHERE r.rolsuper
    ), ours AS (
      SELECT c.oid, c.relnamespace
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN jsonb_to_recordset(created) AS o (object_type text, schema_name text, table_name text)
        ON o.schema_name = n.nspname AND o.table_name = c.relname
      WHERE c.relkind IN ('r', 'p')
        AND (obj_description(c.oid, 'pg_class') LIKE '%, created by Twinmill (twinmill.created_objects).'
          OR obj_description(c.oid, 'pg_class') LIKE 'Observations of the sensor domain:%')
    )
    SELECT 'ALTER SCHEMA twinmill OWNER TO twinmill_owner'
    FROM pg_namespace n WHERE n.nspname = 'twinmill' AND n.nspowner IN (TABLE supers)
    UNION ALL
    SELECT format('ALTER TABLE %s OWNER TO twinmill_owner', c.oid::regclass)
    FROM pg_class c
    WHERE (c.relnamespace = 'twinmill'::regnamespace OR c.oid IN (SELECT o.oid FROM ours o))
      AND c.relowner IN (TABLE supers)
      AND (c.relkind IN ('r', 'p', 'v')
        -- The sequence of a column goes with its table.
        OR (c.relkind = 'S' AND NOT EXISTS (
          SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i'))))
    UNION ALL
    SELECT format('ALTER TYPE %s OWNER TO twinmill_owner', t.oid::regtype)
    FROM pg_type t
    LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE t.typnamespace = 'twinmill'::regnamespace AND t.typowner IN (TABLE supers)
      AND (t.typtype = 'e' OR (t.typtype = 'c' AND c.relkind = 'c'))
    UNION ALL
    SELECT format('ALTER FUNCTION %s OWNER TO twinmill_owner', p.oid::regprocedure)
    FROM pg_proc p
    WHERE p.pronamespace = 'twinmill'::regnamespace AND p.proowner IN (TABLE supers)
    UNION ALL
    -- A schema that was created for such tables and holds no other.
    SELECT DISTINCT format('ALTER SCHEMA %I OWNER TO twinmill_owner', n.nspname)
    FROM pg_namespace n
    JOIN jsonb_to_recordset(created) AS o (object_type text, schema_name text)
      ON o.object_type = 'schema' AND o.schema_name = n.nspname
    WHERE n.nspowner IN (TABLE supers)
      AND NOT EXISTS (
        SELECT FROM pg_class c
        WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p') AND c.oid NOT IN (SELECT o.oid FROM ours o))
    UNION ALL
    SELECT format('GRANT CREATE ON DATABASE %I TO twinmill_owner', current_database())
    WHERE NOT has_database_privilege('twinmill_owner', current_database(), 'CREATE')
    UNION ALL
    SELECT format('GRANT USAGE, CREATE ON SCHEMA %I TO twinmill_owner', n.nspname)
    FROM pg_namespace n
    WHERE n.oid = place
      AND NOT (has_schema_privilege('twinmill_owner', n.oid, 'CREATE') AND has_schema_privilege('twinmill_owner', n.oid, 'USAGE'))
    UNION ALL
    -- Such tables that are a superuser's own, and the tables that they refer to.
    SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE, REFERENCES, TRIGGER ON %s TO twinmill_owner', c.oid::regclass)
    FROM pg_class c
    WHERE c.relnamespace = place AND c.relkind IN ('r', 'p')
      AND c.relowner IN (TABLE supers) AND c.oid NOT IN (SELECT o.oid FROM ours o)
      AND NOT has_table_privilege('twinmill_owner', c.oid, 'INSERT')
      AND c.relname = ANY (shared)
    UNION ALL
    SELECT DISTINCT format('GRANT SELECT ON %s TO twinmill_owner', k.confrelid::regclass)
    FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.confrelid
    JOIN pg_class s ON s.oid = k.conrelid AND s.relnamespace = place AND s.relname = ANY (shared)
    WHERE k.contype = 'f'
      AND c.relowner IN (TABLE supers) AND c.oid NOT IN (SELECT o.oid FROM ours o)
      AND NOT has_table_privilege('twinmill_owner', c.oid, 'SELECT')
  LOOP
    EXECUTE change;
  END LOOP;
END
$do$;
