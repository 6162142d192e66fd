-- Purpose: the error of own_key.
-- Index:   none.
-- Locks:   none.
-- Rows:    none.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.reserved_key(unique_key text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'unique_key % begins with "twinmill:", as the keys of recompute and of schedules do',
      quote_literal(left(unique_key, 200))
    USING ERRCODE = '22023', HINT = 'Begin the key with the name of your application.';
END $$;
COMMENT ON FUNCTION twinmill.reserved_key(text) IS 'Refuses a unique key that recompute or a schedule uses (22023)';
