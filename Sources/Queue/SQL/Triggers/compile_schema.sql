-- Purpose: calls compile_schema before the arguments' schema of a kind is written.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
CREATE TRIGGER compile_schema BEFORE INSERT OR UPDATE OF arguments_schema ON twinmill.kinds
FOR EACH ROW EXECUTE FUNCTION twinmill.compile_schema();
COMMENT ON TRIGGER compile_schema ON twinmill.kinds IS 'Keeps accepts equal to the predicate of arguments_schema';
