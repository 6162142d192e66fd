-- Purpose: gives a table that a superuser has just created for a domain to the owner of this schema, with its schema if
--          that is new too. A role that is no superuser owns what it creates, and is the owner of this schema.
-- Index:   none.
-- Locks:   ACCESS EXCLUSIVE on the new table.
-- Rows:    none.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.give_to_owner(created regclass, with_schema boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  owner name := (SELECT n.nspowner::regrole::text FROM pg_namespace n WHERE n.nspname = 'twinmill');
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN RETURN; END IF;
  IF with_schema THEN
    EXECUTE format('ALTER SCHEMA %s OWNER TO %s', (
      SELECT c.relnamespace::regnamespace FROM pg_class c WHERE c.oid = created), owner);
  END IF;
  EXECUTE format('ALTER TABLE %s OWNER TO %s', created, owner);
END
$function$;
COMMENT ON FUNCTION twinmill.give_to_owner(regclass, boolean) IS
  'For schema scripts of domains: gives a new table to the owner of this schema where a superuser created it';
