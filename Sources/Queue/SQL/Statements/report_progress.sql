-- Purpose: writes the progress of running jobs. $1 worker, $2 ids, $3 attempts, $4 percents, $5 messages.
-- Index:   see twinmill.report_progress.
-- Locks:   the rows written.
-- Rows:    one.
SELECT twinmill.report_progress($1, $2, $3, $4, $5)
