-- Purpose: names the sessions that keep the migrators' turn. $1 the key of the lock of steps outside of transactions.
-- Index:   none.
-- Locks:   none.
-- Rows:    one: text, or NULL.
SELECT string_agg(DISTINCT format('process %s of role %s', l.pid, coalesce(a.usename::text, 'unknown')), ', ')
FROM pg_catalog.pg_locks l
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.granted AND l.pid <> pg_catalog.pg_backend_pid()
  AND (
    (l.locktype = 'relation' AND l.relation = pg_catalog.to_regclass('twinmill.migrations')
      AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
      AND l.mode NOT IN ('AccessShareLock', 'RowShareLock'))
    OR (l.locktype = 'advisory' AND l.objsubid = 1 AND (l.classid::bigint << 32 | l.objid::bigint) = $1))
