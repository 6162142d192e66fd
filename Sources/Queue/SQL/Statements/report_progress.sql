-- Purpose: what running jobs say of themselves. $1 worker, $2 ids, $3 attempts, $4 percents, $5 messages.
-- Index:   see twinmill.report_progress.  Locks: the rows written.  Rows: one.
SELECT twinmill.report_progress($1, $2, $3, $4, $5)
