-- Purpose: deletes tenants without recent use whose weight is the default. They count as new when they come back.
-- Index:   none.
-- Locks:   the deleted rows; rows that others hold are skipped.
-- Rows:    one: the number of rows.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.forget_tenants() RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
  WITH gone AS (
    DELETE FROM twinmill.tenants t
    WHERE t.tenant IN (
      SELECT o.tenant FROM twinmill.tenants o
      WHERE o.weight = 1 AND o.seconds_at < clock_timestamp() - interval '1 hour' FOR UPDATE SKIP LOCKED)
    RETURNING 1
  )
  SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION twinmill.forget_tenants() IS 'Removes tenants that used nothing of late; workers call it';
