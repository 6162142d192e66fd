-- Purpose: returns the recorded views and triggers that depend on an object, the topmost first. They must be dropped
--          before it and are made again after it. $1 pg_proc or pg_class, $2 the object's oid.
-- Index:   pg_depend_reference_index.
-- Locks:   none.
-- Rows:    one per dependent.
WITH RECURSIVE above(class, id, depth) AS (
  SELECT to_regclass('pg_catalog.' || $1::text)::oid, $2::bigint::oid, 0
  UNION ALL
  SELECT 'pg_catalog.pg_class'::regclass::oid, w.ev_class, a.depth + 1
  FROM above a
  JOIN pg_catalog.pg_depend d
    ON d.refclassid = a.class AND d.refobjid = a.id AND d.classid = 'pg_catalog.pg_rewrite'::regclass
  JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid AND w.ev_class <> a.id
)
SELECT r.signature, r.name, r.kind
FROM (
  SELECT a.id::regclass::text AS signature, max(a.depth) AS depth FROM above a WHERE a.depth > 0 GROUP BY a.id
  UNION ALL
  SELECT format('%s on %s', g.tgname, g.tgrelid::regclass), 0
  FROM pg_catalog.pg_trigger g
  WHERE $1::text = 'pg_proc' AND g.tgfoid = $2::bigint::oid AND NOT g.tgisinternal
) AS d
JOIN twinmill.routines r ON r.signature = d.signature
ORDER BY d.depth DESC, r.signature
