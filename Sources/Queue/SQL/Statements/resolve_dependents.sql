-- Purpose: resolves the dependents of jobs that just ended, in their transaction. $1 ids.
-- Index:   see twinmill.resolve_dependents.
-- Locks:   the rows of the dependents.
-- Rows:    one.
SELECT twinmill.resolve_dependents($1::bigint[])
