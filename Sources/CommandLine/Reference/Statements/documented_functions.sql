-- Purpose: the functions of the schema with their parameters, for the manual and its glossary.
-- Index:   none needed: the catalogue is small.
-- Locks:   none.
-- Rows:    one per function that is no trigger's, by name.
SELECT f.proname::text AS name,
       pg_catalog.pg_get_function_result(f.oid) AS result,
       coalesce(pg_catalog.obj_description(f.oid, 'pg_proc'), '') AS comment,
       coalesce(a.names, '{}') AS names,
       coalesce(a.modes, '{}') AS modes,
       coalesce(a.types, '{}') AS types,
       coalesce(a.defaults, '{}') AS defaults,
       f.prosecdef AS has_owners_rights
FROM pg_catalog.pg_proc AS f, LATERAL (
  SELECT array_agg(coalesce(f.proargnames[n], '') ORDER BY n) AS names,
         array_agg(coalesce(f.proargmodes[n]::text, 'i') ORDER BY n) AS modes,
         array_agg(pg_catalog.format_type(t, NULL) ORDER BY n) AS types,
         array_agg(coalesce(pg_catalog.pg_get_function_arg_default(f.oid, n::integer), '') ORDER BY n) AS defaults
  FROM unnest(coalesce(f.proallargtypes, f.proargtypes::oid[])) WITH ORDINALITY AS argument (t, n)
) AS a
WHERE f.pronamespace = 'twinmill'::regnamespace AND f.prokind = 'f'
  AND f.prorettype <> 'pg_catalog.trigger'::regtype
ORDER BY f.proname, f.oid::regprocedure::text
