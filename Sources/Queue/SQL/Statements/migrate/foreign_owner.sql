-- Purpose: names a relation or schema that this session must not touch, because the session is a superuser's and the
--          object belongs to somebody who is none: code of that role could take the session's rights, also after SET
--          ROLE, which RESET ROLE undoes. $1 text[] schemas, $2 text[] a table of each.
-- Index:   those of the catalogue.
-- Locks:   none.
-- Rows:    one: the object and its owner; none: there is no danger.
SELECT touched.object, r.rolname::text AS owner
FROM (
  SELECT 'schema twinmill' AS object, n.nspowner AS owner FROM pg_catalog.pg_namespace n WHERE n.nspname = 'twinmill'
  UNION ALL
  SELECT format('%I.%I', n.nspname, c.relname), c.relowner
  FROM unnest($1::text[], $2::text[]) AS asked (in_schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = asked.in_schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = asked.name
) AS touched
JOIN pg_catalog.pg_roles r ON r.oid = touched.owner AND NOT r.rolsuper AND r.rolname <> 'twinmill_owner'
WHERE EXISTS (SELECT FROM pg_catalog.pg_roles me WHERE me.rolname IN (session_user, current_user) AND me.rolsuper)
LIMIT 1
