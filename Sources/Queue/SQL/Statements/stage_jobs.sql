-- Purpose: makes the session's table for the jobs of a file. COPY fills it, and each commit empties it.
-- Index:   none: it is read as a whole.
-- Locks:   none that another session sees.
-- Rows:    none.
CREATE TEMPORARY TABLE IF NOT EXISTS twinmill_staged_jobs (number bigint NOT NULL, job jsonb NOT NULL)
ON COMMIT DELETE ROWS
