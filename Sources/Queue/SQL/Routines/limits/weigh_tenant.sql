-- Purpose: sets the number of shares that a tenant gets of the workers.
-- Index:   tenants_pkey.
-- Locks:   the tenant's row.
-- Rows:    none.
-- Grant:   twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.weigh_tenant(tenant text, weight double precision) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF weight IS NULL OR NOT weight > 0 THEN
    RAISE EXCEPTION 'weight must be above 0, not %', coalesce(weight::text, 'NULL') USING ERRCODE = '22023',
      HINT = '1 is the default; 2 gets twice the share while others wait.';
  ELSIF NOT weight BETWEEN 0.000001 AND 1000000 THEN
    RAISE EXCEPTION 'weight must be between 0.000001 and 1000000, not %', weight
      USING ERRCODE = '22023', HINT = '1 is the default; 2 gets twice the share while others wait.';
  ELSIF tenant IS NULL OR char_length(tenant) > 200 THEN
    RAISE EXCEPTION 'tenant must have at most 200 characters, not %', coalesce(char_length(tenant)::text, 'NULL')
      USING ERRCODE = '22023', HINT = 'It is the name that jobs are enqueued with; an empty one is the default tenant.';
  END IF;
  INSERT INTO twinmill.tenants AS t (tenant, weight) VALUES (weigh_tenant.tenant, weigh_tenant.weight)
  ON CONFLICT ON CONSTRAINT tenants_pkey DO UPDATE SET weight = excluded.weight;
END $$;
COMMENT ON FUNCTION twinmill.weigh_tenant(text, double precision) IS
  'How many shares of the workers a tenant gets while others wait; 1 is the default';
