-- Purpose: let go the dependents of jobs that just ended, in their transaction. $1 ids.
-- Index:   see twinmill.release.  Locks: the dependents' rows.  Rows: one.
SELECT twinmill.release($1::bigint[])
