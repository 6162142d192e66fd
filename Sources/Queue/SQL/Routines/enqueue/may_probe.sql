-- Purpose: EXECUTE on it is the right to enqueue jobs of kinds that are for operators.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker, twinmill_operate
CREATE OR REPLACE FUNCTION twinmill.may_probe() RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT true $$;
COMMENT ON FUNCTION twinmill.may_probe() IS
  'true: whoever may call it may enqueue kinds that are for operators, such as probe, which burns a worker''s time as '
  'it is told';
