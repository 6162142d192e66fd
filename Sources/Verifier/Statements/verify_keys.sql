-- Purpose: from when to when each job held its unique key. Compared as bytes: only equality matters.
-- Index:   none: everything is read and sorted once.  Locks: none.  Rows: one per job with a key, live and final.
COPY (
  SELECT k.kind, k.unique_key, k.job_id, k.enqueued_at, k.finished_at
  FROM (
    SELECT h.kind, h.unique_key, h.job_id, h.enqueued_at, h.finished_at FROM twinmill.job_history h
    UNION ALL
    SELECT j.kind, j.unique_key, j.job_id, j.enqueued_at, NULL FROM twinmill.jobs j
  ) AS k
  WHERE k.unique_key IS NOT NULL
  ORDER BY k.kind COLLATE "C", k.unique_key COLLATE "C", k.enqueued_at, k.job_id
) TO STDOUT (FORMAT binary)
