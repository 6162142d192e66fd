-- Purpose: runs compile_schema before a kind's schema is written.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
CREATE TRIGGER compile_schema BEFORE INSERT OR UPDATE OF arguments_schema ON twinmill.kinds
FOR EACH ROW EXECUTE FUNCTION twinmill.compile_schema();
COMMENT ON TRIGGER compile_schema ON twinmill.kinds IS 'Keeps accepts the predicate of arguments_schema';
