-- Purpose: keeps kinds.accepts equal to the predicate of kinds.arguments_schema. A generated column would keep the
--          predicates of an older schema_predicate, and its table could not be created before that function.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.compile_schema() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.accepts := ('strict ' || twinmill.schema_predicate(NEW.arguments_schema))::jsonpath;
  RETURN NEW;
END $$;
COMMENT ON FUNCTION twinmill.compile_schema() IS
  'Trigger of twinmill.kinds: keeps the predicate of the arguments'' schema';
