-- Purpose: returns the routines as they were applied, and whether each still exists.
-- Index:   none: one row per routine.
-- Locks:   none.
-- Rows:    one per recorded routine.
SELECT r.signature, r.name, r.kind, r.checksum, r.version, r.retired_by,
       CASE r.kind
         -- Not the other way round: a login of the name twinmill has the schema in its search path, and the text of a
         -- function then lacks it.
         WHEN 'function' THEN to_regprocedure(r.signature) IS NOT NULL
         WHEN 'view' THEN to_regclass(r.signature) IS NOT NULL
         ELSE EXISTS (
           SELECT FROM pg_catalog.pg_trigger g
           WHERE g.tgname = r.name AND g.tgrelid = to_regclass(split_part(r.signature, ' on ', 2)))
       END
FROM twinmill.routines r
ORDER BY r.signature
