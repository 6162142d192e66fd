-- Purpose: how far a drain has come, without walking what it leaves behind.
-- Index:   job_history_job of each partition, from its end.  Locks: none.  Rows: one.
SELECT coalesce(max(h.job_id), 0) FROM twinmill.job_history h
