-- Purpose: creates a domain's table and its schema if they are missing, and records them for migrate down.
-- Index:   none.
-- Locks:   those of CREATE TABLE.
-- Rows:    none.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.add_domain_table(domain text, schema_name text, table_name text, columns text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  grantee text;
  is_new_schema boolean := to_regnamespace(quote_ident(schema_name)) IS NULL;
BEGIN
  IF to_regclass(format('%I.%I', schema_name, table_name)) IS NOT NULL THEN
    RETURN;
  END IF;
  IF is_new_schema THEN
    EXECUTE format('CREATE SCHEMA %I', schema_name);
    INSERT INTO twinmill.created_objects (origin, object_type, schema_name)
    VALUES (domain, 'schema', add_domain_table.schema_name);
  END IF;
  EXECUTE format('CREATE TABLE %I.%I (%s)', schema_name, table_name, columns);
  EXECUTE format(
    'COMMENT ON TABLE %I.%I IS %L', schema_name, table_name,
    format('Data of domain %s, created by Twinmill (twinmill.created_objects).', domain));
  PERFORM twinmill.give_to_owner(format('%I.%I', schema_name, table_name)::regclass, with_schema => is_new_schema);
  INSERT INTO twinmill.created_objects (origin, object_type, schema_name, table_name)
  VALUES (domain, 'table', add_domain_table.schema_name, add_domain_table.table_name);
  -- Roles that may read the twins may read their observations: above all the worker's role.
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
  'For schema scripts of domains: creates a table and its schema if they are missing, and records them for migrate down';
