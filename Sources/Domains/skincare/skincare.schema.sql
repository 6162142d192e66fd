-- Purpose: additions of the skincare domain to the eight tables, on request only: the newest snapshots of a twin without
--   a sort. Its data lives in twin_snapshots and product_effects, so it has no tables of its own.
-- Locks: SHARE on twin_snapshots while the index is built. Recorded in twinmill.created_objects for migrate down.
DO $do$
DECLARE
  place record;
BEGIN
  SELECT n.nspname, c.relname
  INTO place
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = $name$@twins@.twin_snapshots$name$::regclass;
  IF to_regclass(format('%I.twinmill_snapshots_by_date', place.nspname)) IS NULL THEN
    CREATE INDEX twinmill_snapshots_by_date ON @twins@.twin_snapshots (twin_id, snapshot_date DESC, id DESC);
    INSERT INTO twinmill.created_objects (origin, object_type, schema_name, table_name, object_name)
    VALUES ('skincare', 'index', place.nspname, place.relname, 'twinmill_snapshots_by_date');
  END IF;
END
$do$;
