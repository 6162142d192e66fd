-- Purpose: views and tables with their columns, for the manual and its glossary. $1: schemas to look in; $2: the only
--          relations that count in a schema that is not Twinmill's own.
-- Index:   none needed: the catalogue is small.
-- Locks:   none.
-- Rows:    one per column, by relation and position.
SELECT n.nspname::text AS schema,
       c.relname::text AS name,
       c.relkind = 'v' AS is_view,
       coalesce(pg_catalog.obj_description(c.oid, 'pg_class'), '') AS comment,
       a.attname::text AS column,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
       coalesce(pg_catalog.col_description(c.oid, a.attnum), '') AS meaning
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('v', 'r', 'p') AND NOT c.relispartition
  AND (n.nspname = 'twinmill' OR c.relname = ANY ($2::text[]))
ORDER BY n.nspname <> 'twinmill', c.relname, a.attnum
