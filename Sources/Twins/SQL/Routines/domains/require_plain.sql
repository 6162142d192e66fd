-- Purpose: refuses relations of a domain that could run code of their owner when they are read, and keeps them as they
--          are until the transaction ends. Every session of ours calls it before it reads an application's tables: only
--          ordinary and partitioned tables, columns of built-in types, no row-level security that counts for this role.
--          The three arrays name a column each; relations that are not there are no fault.
-- Index:   pg_namespace_nspname_index, pg_class_relname_nsp_index, pg_attribute_relid_attnum_index.
-- Locks:   ACCESS SHARE on the tables: their owners can replace them only before or after.
-- Rows:    none.
-- 16384 is the first number that PostgreSQL gives to an object of a user. An enum counts as built in as long as nobody but
-- a superuser has made a cast of it. So does any type of a column that no statement names: such a column is read as part
-- of its row, and to_jsonb calls casts of the types and of their parts.
-- The plan is made once: it costs ten times as much as its execution (0.3 ms for 8 tables and 22 columns).
-- Grant:   twinmill_worker, twinmill_read
CREATE OR REPLACE FUNCTION twinmill.require_plain(schemas text[], tables text[], columns text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
  names text;
  fault record;
BEGIN
  -- Operators and functions of an application must not be found by their names.
  PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
  -- From here on the server itself refuses views and foreign tables to this transaction, where it knows how.
  IF current_setting('restrict_nonsystem_relation_kind', true) IS NOT NULL THEN
    PERFORM set_config('restrict_nonsystem_relation_kind', 'view, foreign-table', true);
  END IF;
  SELECT string_agg(DISTINCT format('%I.%I', n.nspname, c.relname), ', ')
  INTO names
  FROM unnest(schemas, tables) AS asked (in_schema, name)
  JOIN pg_namespace n ON n.nspname = asked.in_schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = asked.name AND c.relkind IN ('r', 'p');
  IF names IS NOT NULL THEN
    EXECUTE format('LOCK TABLE ONLY %s IN ACCESS SHARE MODE', replace(names, ', ', ', ONLY '));
  END IF;
  SELECT c.oid::regclass AS relation, c.relkind, row_security_active(c.oid) AS is_filtered, a.attname,
    format_type(a.atttypid, a.atttypmod) AS type
  INTO fault
  FROM (SELECT DISTINCT s.in_schema, s.name FROM unnest(schemas, tables) AS s (in_schema, name)) AS asked
  JOIN pg_namespace n ON n.nspname = asked.in_schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = asked.name
  LEFT JOIN pg_attribute a
    ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= 16384
    AND (
      EXISTS (
        SELECT FROM unnest(schemas, tables, columns) AS named (in_schema, name, in_column)
        WHERE named.in_schema = asked.in_schema AND named.name = asked.name AND named.in_column = a.attname
          AND (SELECT t.typtype FROM pg_type t WHERE t.oid = a.atttypid) <> 'e'
      )
      OR EXISTS (
        WITH RECURSIVE parts (id) AS (
          SELECT a.atttypid
          UNION
          SELECT part.id
          FROM parts
          JOIN pg_type t ON t.oid = parts.id
          CROSS JOIN LATERAL (
            SELECT t.typelem AS id UNION ALL SELECT t.typbasetype
            UNION ALL SELECT f.atttypid FROM pg_attribute f WHERE f.attrelid = t.typrelid AND f.attnum > 0
          ) AS part
          WHERE part.id >= 16384
        )
        SELECT
        FROM parts
        JOIN pg_cast k ON k.castsource = parts.id
        JOIN pg_proc p ON p.oid = k.castfunc
        JOIN pg_roles r ON r.oid = p.proowner AND NOT r.rolsuper
      )
    )
  WHERE c.relkind NOT IN ('r', 'p') OR row_security_active(c.oid) OR a.attname IS NOT NULL
  LIMIT 1;
  IF NOT FOUND THEN
    RETURN;
  ELSIF fault.relkind NOT IN ('r', 'p') THEN
    RAISE EXCEPTION '% is not a table', fault.relation
      USING ERRCODE = 'wrong_object_type',
        HINT = 'Twinmill reads ordinary and partitioned tables only: a view can run code of its owner with our rights.';
  ELSIF fault.is_filtered THEN
    RAISE EXCEPTION 'row-level security of % counts for role %', fault.relation, current_user
      USING ERRCODE = 'insufficient_privilege',
        HINT = format('Rows would be missing, and its policies are code: ALTER ROLE %I BYPASSRLS;', session_user);
  END IF;
  RAISE EXCEPTION 'column % of % has the type %, which is not built in', quote_ident(fault.attname), fault.relation,
      fault.type
    USING ERRCODE = 'datatype_mismatch',
      HINT = 'Twinmill reads columns of PostgreSQL''s own types only: use uuid, text, a number, a time or json.';
END
$function$;
COMMENT ON FUNCTION twinmill.require_plain(text[], text[], text[]) IS
  'Refuses what could run code of its owner when it is read, and locks the tables against being replaced: relations that '
  'are no tables, row-level security, columns of other than built-in types';
