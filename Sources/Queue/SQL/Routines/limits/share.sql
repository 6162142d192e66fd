-- Purpose: adds the seconds that a worker used since its last call, and returns the recent use of all tenants.
-- Index:   tenants_pkey.
-- Locks:   the rows of the tenants, in order. A wait of more than 100 ms ends with 55P03: another session has weighed
--          the tenant and not committed, and the worker's maintenance must go on.
-- Rows:    one per tenant that used anything of late.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.share(used_by text[], used_seconds double precision[])
RETURNS TABLE (tenant text, seconds double precision)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
AS $$
  INSERT INTO twinmill.tenants AS t (tenant, seconds)
  SELECT u.tenant, u.seconds FROM unnest(used_by, used_seconds) AS u(tenant, seconds) ORDER BY u.tenant
  ON CONFLICT (tenant) DO UPDATE
  SET seconds = excluded.seconds
        + t.seconds * 0.5 ^ least(greatest(extract(epoch FROM clock_timestamp() - t.seconds_at) / 60, 0), 1000),
      seconds_at = clock_timestamp();
  SELECT t.tenant, t.seconds / t.weight
           * 0.5 ^ least(greatest(extract(epoch FROM clock_timestamp() - t.seconds_at) / 60, 0), 1000)
  FROM twinmill.tenants t
  WHERE t.seconds_at > clock_timestamp() - interval '15 minutes';
$$;
COMMENT ON FUNCTION twinmill.share(text[], double precision[]) IS
  'Adds worker-seconds by tenant and returns the recent use of all by weight; workers call it once a second';
