-- Purpose: takes the migrators' turn until the transaction ends, if it is free: twinmill.turn says so. Only the owner of
--          the table can lock it in this mode, so that nobody else can stop a migration.
-- Locks:   SHARE ROW EXCLUSIVE on twinmill.migrations; never waited for.
DO $do$
BEGIN
  LOCK TABLE twinmill.migrations IN SHARE ROW EXCLUSIVE MODE NOWAIT;
  PERFORM pg_catalog.set_config('twinmill.turn', 'taken', true);
EXCEPTION WHEN lock_not_available THEN
  PERFORM pg_catalog.set_config('twinmill.turn', '', true);
END
$do$;
