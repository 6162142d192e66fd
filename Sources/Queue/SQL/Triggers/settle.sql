-- Purpose: runs settle_dependency for each new edge when its transaction commits.
-- Index:   none.
-- Locks:   see settle_dependency.
-- Rows:    none.
CREATE CONSTRAINT TRIGGER settle AFTER INSERT ON twinmill.dependencies
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION twinmill.settle_dependency();
COMMENT ON TRIGGER settle ON twinmill.dependencies IS 'Lets a dependent go whose job ended before its enqueue committed';
