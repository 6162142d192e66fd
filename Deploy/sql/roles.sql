-- Roles of Twinmill and their rights.
--
--   psql -d DATABASE -f roles.sql [-v login=twinmill] [-v twins_schema=public] [-v inputs='table, other.table']
--
-- Run by a superuser (or by the owner of both schemas with CREATEROLE) after `twinmill migrate up`, and again after
-- every upgrade: it only adds what is missing, and new tables need their grants. One transaction.
--
--   twinmill_worker    runs `twinmill worker` and `twinmill scheduler`: reads and writes the queue, reads series and
--                      events, adds results. Changes neither the schema nor the settings.
--   twinmill_enqueue   asks for work through functions: enqueue, enqueue_many, enqueue_all, enqueue_documents,
--                      recompute, twin, wait. Sees no table.
--   twinmill_operate   enqueue and read, and steers: cancel, retry, pause, limits, shares, the schedules, notifications.
--   twinmill_read      sees queue, history, twins and results. Changes nothing.
--
-- These are groups without login. The one login made here is the daemons' (variable `login`, default "twinmill": the
-- user of the systemd units, for peer authentication); `-v login=` makes none. The scheduler shares the worker's role:
-- both are one program under one system user, so a border between them would keep nobody out.
-- Everybody else: GRANT twinmill_enqueue TO app;
--
-- Variables: `twins_schema` defaults to the setting of that name; `inputs` names further tables that a domain of
-- your own reads, separated by commas, with the schema if it is not the twins' one.

\set ON_ERROR_STOP on
\if :{?login}
\else
  \set login twinmill
\endif
\if :{?inputs}
\else
  \set inputs ''
\endif

BEGIN;
SET LOCAL lock_timeout = '10s';
SET LOCAL client_min_messages = warning;

-- Without the schema every grant below would fail one by one; one clear message is better. A superuser that owns the
-- schema owns much else: what Twinmill created cannot be told from it.
DO $check$
BEGIN
  IF to_regclass('twinmill.jobs') IS NULL THEN
    RAISE EXCEPTION 'schema "twinmill" is not in database "%"', current_database()
      USING ERRCODE = '3F000', HINT = 'Run "twinmill migrate up" first.';
  END IF;
  IF (SELECT owner.rolsuper FROM pg_catalog.pg_class AS class
      JOIN pg_catalog.pg_roles AS owner ON owner.oid = class.relowner
      WHERE class.oid = 'twinmill.created_objects'::regclass) THEN
    RAISE EXCEPTION 'the tables of schema "twinmill" belong to a superuser'
      USING ERRCODE = '42501', HINT = 'Run "twinmill migrate up" of this version first: it gives them to twinmill_owner.';
  END IF;
END
$check$;

\if :{?twins_schema}
\else
  SELECT coalesce((SELECT value #>> '{}' FROM twinmill.settings WHERE name = 'twins_schema'), 'public') AS twins_schema
  \gset
\endif

-- Groups, and the login. Roles belong to the whole server, so they may exist from another database.
SELECT format('CREATE ROLE %I NOLOGIN', wanted.name)
FROM unnest(ARRAY['twinmill_worker', 'twinmill_enqueue', 'twinmill_operate', 'twinmill_read']) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted.name)
\gexec

SELECT format('CREATE ROLE %I LOGIN', :'login')
WHERE :'login' <> '' AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = :'login')
\gexec

SELECT format('GRANT twinmill_worker TO %I', :'login')
WHERE :'login' <> ''
\gexec

GRANT twinmill_enqueue, twinmill_read TO twinmill_operate;

-- CONNECT is everybody's by default, but careful sites revoke it.
SELECT format(
  'GRANT CONNECT ON DATABASE %I TO twinmill_worker, twinmill_enqueue, twinmill_operate, twinmill_read',
  current_database()
)
\gexec

GRANT USAGE ON SCHEMA twinmill TO twinmill_worker, twinmill_enqueue, twinmill_operate, twinmill_read;
GRANT USAGE ON SCHEMA :"twins_schema" TO twinmill_worker, twinmill_read;

-- The queue. Retention creates and drops partitions, which needs their owner: that is left to functions. The
-- daemons do not write the tables that this script, the owner's functions or `twinmill migrate` trust: the settings, the
-- steps, the list of functions with their roles, the tables of kinds, and the objects that Twinmill created.
REVOKE ALL ON ALL TABLES IN SCHEMA twinmill FROM twinmill_worker;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA twinmill FROM twinmill_worker;
GRANT SELECT ON ALL TABLES IN SCHEMA twinmill TO twinmill_worker;
SELECT format('GRANT INSERT, UPDATE, DELETE ON %s TO twinmill_worker', class.oid::regclass)
FROM pg_catalog.pg_class AS class
WHERE class.relnamespace = 'twinmill'::regnamespace AND class.relkind IN ('r', 'p') AND NOT class.relispartition
  AND class.relname <> ALL ('{settings,migrations,routines,job_tables,created_objects,turns}')
\gexec
-- To lock a row of turns takes the right to update it, and is all that it is for.
SELECT 'GRANT UPDATE ON twinmill.turns TO twinmill_worker' WHERE to_regclass('twinmill.turns') IS NOT NULL
\gexec
SELECT format('GRANT USAGE ON SEQUENCE %s TO twinmill_worker', class.oid::regclass)
FROM pg_catalog.pg_class AS class
WHERE class.relnamespace = 'twinmill'::regnamespace AND class.relkind = 'S'
  AND class.relname <> 'created_objects_id_seq'
\gexec
GRANT SELECT ON ALL TABLES IN SCHEMA twinmill TO twinmill_read;

-- The twins' tables, by name: the schema may be an application's, with tables that are none of our business.
-- Results are only added, with three exceptions: current findings replace the last ones, an application's row of a
-- product's use gets its effects, in the columns named here, and an insight or a recommendation is one row for as long
-- as it lasts.
SELECT format('GRANT %s ON %I.%I TO %I', rights.privileges, :'twins_schema', rights.name, rights.grantee)
FROM (
  SELECT 'SELECT' AS privileges, twins.name, grantees.name AS grantee
  FROM unnest(ARRAY[
    'user_digital_twins', 'twin_snapshots', 'twin_timeline_points', 'twin_predictions', 'twin_recommendations',
    'product_effects', 'twin_correlations', 'twin_insights'
  ]) AS twins (name), unnest(ARRAY['twinmill_worker', 'twinmill_read']) AS grantees (name)
  UNION ALL
  SELECT 'INSERT', results.name, 'twinmill_worker'
  FROM unnest(ARRAY[
    'twin_snapshots', 'twin_timeline_points', 'twin_predictions', 'twin_recommendations', 'product_effects',
    'twin_correlations', 'twin_insights'
  ]) AS results (name)
  UNION ALL
  SELECT * FROM (VALUES
    ('DELETE', 'twin_correlations', 'twinmill_worker'),
    ('DELETE, UPDATE (observed_effects, side_effects, effectiveness_score, metadata)', 'product_effects',
      'twinmill_worker'),
    ('UPDATE', 'twin_insights', 'twinmill_worker'),
    ('UPDATE', 'twin_recommendations', 'twinmill_worker')
  ) AS replaced
) AS rights
\gexec

-- The tables that domains created for their observations, and the schemas that they are in: what belongs to the owner of
-- Twinmill's schema, and nothing else.
SELECT DISTINCT format('GRANT USAGE ON SCHEMA %I TO twinmill_worker, twinmill_read', created.schema_name)
FROM twinmill.created_objects AS created
JOIN pg_catalog.pg_namespace AS namespace ON namespace.nspname = created.schema_name
JOIN pg_catalog.pg_class AS class ON class.relnamespace = namespace.oid AND class.relname = created.table_name
JOIN pg_catalog.pg_class AS list ON list.oid = 'twinmill.created_objects'::regclass AND list.relowner = class.relowner
WHERE created.object_type = 'table'
\gexec
SELECT format('GRANT SELECT ON %s TO twinmill_worker, twinmill_read', class.oid::regclass)
FROM twinmill.created_objects AS created
JOIN pg_catalog.pg_namespace AS namespace ON namespace.nspname = created.schema_name
JOIN pg_catalog.pg_class AS class ON class.relnamespace = namespace.oid AND class.relname = created.table_name
JOIN pg_catalog.pg_class AS list ON list.oid = 'twinmill.created_objects'::regclass AND list.relowner = class.relowner
WHERE created.object_type = 'table'
\gexec

-- The tables that a domain of your own reads. A name without a schema belongs to the twins' schema; regclass refuses
-- a table that does not exist.
SELECT set_config('search_path', format('%I, pg_catalog', :'twins_schema'), true) AS search_path
\gset twinmill_
SELECT format('GRANT SELECT ON %s TO twinmill_worker', trim(entry)::regclass)
FROM unnest(string_to_array(:'inputs', ',')) AS entry
WHERE trim(entry) <> ''
\gexec
SELECT format('GRANT USAGE ON SCHEMA %I TO twinmill_worker', nspname)
FROM pg_catalog.pg_namespace
WHERE oid IN (
  SELECT class.relnamespace
  FROM unnest(string_to_array(:'inputs', ',')) AS entry
  JOIN pg_catalog.pg_class AS class ON class.oid = trim(entry)::regclass
  WHERE trim(entry) <> ''
)
\gexec
SET LOCAL search_path = pg_catalog;

-- Functions. Each file of a function or view names the roles that may use it (-- Grant: …), and "twinmill migrate up"
-- writes them to twinmill.routines; it also grants them itself to the roles that exist, so that a function of a new version
-- needs no second run of this script. Nobody else may call a function: up revokes each from PUBLIC. Names are taken from
-- the catalogue, not from the table, and the roles from this script.
SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', oid::regprocedure)
FROM pg_catalog.pg_proc
WHERE pronamespace = 'twinmill'::regnamespace AND prokind = 'f'
\gexec

-- An earlier version granted more.
SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM %I', functions.oid::regprocedure, grantees.name)
FROM pg_catalog.pg_proc AS functions
LEFT JOIN twinmill.routines AS routines
  ON routines.kind = 'function' AND routines.signature = functions.oid::regprocedure::text
CROSS JOIN unnest(ARRAY['twinmill_worker', 'twinmill_enqueue', 'twinmill_operate', 'twinmill_read']) AS grantees (name)
WHERE functions.pronamespace = 'twinmill'::regnamespace
  AND grantees.name <> ALL (coalesce(routines.grants, '{}'))
  AND EXISTS (
    SELECT FROM pg_catalog.aclexplode(functions.proacl) AS entry
    WHERE entry.grantee = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = grantees.name)
  )
\gexec

SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', functions.oid::regprocedure, grantees.name)
FROM pg_catalog.pg_proc AS functions
JOIN twinmill.routines AS routines
  ON routines.kind = 'function' AND routines.signature = functions.oid::regprocedure::text
JOIN unnest(ARRAY['twinmill_worker', 'twinmill_enqueue', 'twinmill_operate', 'twinmill_read']) AS grantees (name)
  ON grantees.name = ANY (routines.grants)
WHERE functions.pronamespace = 'twinmill'::regnamespace
ORDER BY functions.oid::regprocedure::text, grantees.name
\gexec

COMMENT ON ROLE twinmill_worker IS 'Twinmill: runs the daemons (twinmill worker, twinmill scheduler).';
COMMENT ON ROLE twinmill_enqueue IS 'Twinmill: enqueues jobs through functions, sees no table.';
COMMENT ON ROLE twinmill_operate IS 'Twinmill: enqueues, reads, and steers jobs and schedules.';
COMMENT ON ROLE twinmill_read IS 'Twinmill: reads queue, history, twins and results.';

COMMIT;
