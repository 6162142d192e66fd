-- Purpose: calls settle_dependency for each new dependency when its transaction commits.
-- Index:   none.
-- Locks:   see settle_dependency.
-- Rows:    none.
CREATE CONSTRAINT TRIGGER settle AFTER INSERT ON twinmill.dependencies
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION twinmill.settle_dependency();
COMMENT ON TRIGGER settle ON twinmill.dependencies IS
  'Resolves a dependent whose job ended before its enqueue committed';
