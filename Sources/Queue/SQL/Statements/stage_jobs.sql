-- Purpose: a table of the session for the jobs of a file, filled by COPY and empty again after each transaction.
-- Index: none: it is read as a whole.  Locks: none that anybody else sees.  Rows: none.
CREATE TEMPORARY TABLE IF NOT EXISTS twinmill_staged_jobs (number bigint NOT NULL, job jsonb NOT NULL)
ON COMMIT DELETE ROWS
