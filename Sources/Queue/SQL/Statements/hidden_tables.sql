-- Purpose: returns the tables of which row-level security hides rows, and from which role. $1 the schema of the twin
--          tables, $2 and $3 schemas and names of further tables, $4 whether the roles of workers count as well.
-- Index:   pg_class_relname_nsp_index.
-- Locks:   none.
-- Rows:    one per table and role; nearly always none.
WITH wanted AS (
  SELECT c.oid, c.relowner, c.relforcerowsecurity
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity
    AND (n.nspname = 'twinmill'
         OR (n.nspname = $1::text AND c.relname IN (
           'user_digital_twins', 'twin_snapshots', 'twin_timeline_points', 'twin_predictions', 'twin_recommendations',
           'product_effects', 'twin_correlations', 'twin_insights'))
         OR (n.nspname, c.relname) IN (SELECT t.schema, t.name FROM unnest($2::text[], $3::text[]) AS t(schema, name)))
), readers AS (
  SELECT r.oid FROM pg_catalog.pg_roles r
  WHERE r.rolname = current_user
     OR ($4::boolean AND r.rolcanlogin AND pg_has_role(
           r.oid, (SELECT w.oid FROM pg_catalog.pg_roles w WHERE w.rolname = 'twinmill_worker'), 'USAGE'))
)
SELECT w.oid::regclass::text AS relation, r.rolname::text AS role
FROM wanted w, readers o JOIN pg_catalog.pg_roles r ON r.oid = o.oid
WHERE NOT r.rolsuper AND NOT r.rolbypassrls
  AND (w.relforcerowsecurity OR NOT pg_has_role(o.oid, w.relowner, 'USAGE'))
ORDER BY r.rolname <> current_user, r.rolname, w.oid::regclass::text
