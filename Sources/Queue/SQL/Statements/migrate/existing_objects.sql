-- Purpose: returns the functions and views of the schema with their grants to other roles than the owner, which a DROP
--          would lose. $1 names of functions.
-- Index:   pg_proc_proname_args_nsp_index, pg_class_relname_nsp_index.
-- Locks:   none.
-- Rows:    one per function of these names and per view.
SELECT 'function', p.proname::text, p.oid::bigint, p.xmin::text, p.oid::regprocedure::text,
       ARRAY(
         SELECT format('GRANT EXECUTE ON FUNCTION %s TO %s%s', '@object@', acl.role, acl.option)
         FROM (SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS role,
                      CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS option
               FROM pg_catalog.aclexplode(p.proacl) a WHERE a.grantee <> p.proowner) AS acl)
FROM pg_catalog.pg_proc p
WHERE p.pronamespace = 'twinmill'::regnamespace AND p.proname = ANY ($1)
UNION ALL
SELECT 'view', c.relname::text, c.oid::bigint, c.xmin::text, c.oid::regclass::text,
       ARRAY(
         SELECT format('GRANT %s ON %s TO %s%s', acl.privilege_type, '@object@', acl.role, acl.option)
         FROM (SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS role,
                      CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS option, a.privilege_type
               FROM pg_catalog.aclexplode(c.relacl) a WHERE a.grantee <> c.relowner) AS acl)
FROM pg_catalog.pg_class c
WHERE c.relnamespace = 'twinmill'::regnamespace AND c.relkind = 'v'
