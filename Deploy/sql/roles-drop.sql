-- Takes back everything that roles.sql granted in this database, and drops the roles where nothing holds them any more.
--
--   psql -d DATABASE -f roles-drop.sql [-v login=twinmill]
--
-- Run by a superuser, in every database where roles.sql ran; the last run drops the roles. Harmless when there is
-- nothing to drop. Objects are never dropped: if one of the roles owns something, this stops and says so. The daemons'
-- login is dropped as well (`-v login=` keeps it); stop the daemons first.

\set ON_ERROR_STOP on
\if :{?login}
\else
  \set login twinmill
\endif

BEGIN;
SET LOCAL lock_timeout = '10s';
SET LOCAL search_path = pg_catalog;
SELECT set_config('twinmill.drop_login', :'login', true) AS login
\gset twinmill_

DO $drop$
DECLARE
  login CONSTANT name := current_setting('twinmill.drop_login');
  role_names name[];
  role_name name;
  owned bigint;
BEGIN
  SELECT array_agg(rolname ORDER BY rolname) INTO role_names
  FROM pg_roles
  WHERE rolname IN (
    'twinmill_worker', 'twinmill_enqueue', 'twinmill_operate', 'twinmill_read', login
  );

  -- DROP OWNED takes back grants, but would drop owned objects too.
  FOREACH role_name IN ARRAY coalesce(role_names, '{}') LOOP
    SELECT count(*) INTO owned
    FROM pg_shdepend
    JOIN pg_roles ON pg_roles.oid = pg_shdepend.refobjid
    WHERE pg_shdepend.refclassid = 'pg_authid'::regclass
      AND pg_shdepend.deptype = 'o'
      AND pg_roles.rolname = role_name;
    IF owned > 0 THEN
      RAISE EXCEPTION 'role "%" owns objects on this server (%)', role_name, owned
        USING ERRCODE = '2BP01', HINT = format('Give them away first: REASSIGN OWNED BY %I TO …;', role_name);
    END IF;
  END LOOP;

  -- The login comes last: while another database still has the daemons' group, its daemons need to log in.
  FOREACH role_name IN ARRAY coalesce(array_remove(role_names, login) || login, '{}') LOOP
    CONTINUE WHEN to_regrole(quote_ident(role_name)) IS NULL;
    EXECUTE format('DROP OWNED BY %I', role_name);
    CONTINUE WHEN role_name = login AND to_regrole('twinmill_worker') IS NOT NULL;
    BEGIN
      EXECUTE format('DROP ROLE %I', role_name);
    EXCEPTION WHEN dependent_objects_still_exist THEN
      RAISE NOTICE 'role "%" is kept: another database still grants it rights', role_name;
    END;
  END LOOP;
END
$drop$;

COMMIT;
