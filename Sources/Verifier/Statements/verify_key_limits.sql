-- Purpose: as verify_limits, of the jobs with a concurrency key, by queue and key.
-- Index:   none: everything is read and sorted once.  Locks: none.  Rows: two per claimed job with a key.
COPY (
  SELECT e.queue, e.concurrency_key, e.at, e.change::smallint, e.job_id
  FROM (
    SELECT h.queue, h.concurrency_key, h.claimed_at AS at, 1 AS change, h.job_id FROM twinmill.job_history h
    UNION ALL
    SELECT h.queue, h.concurrency_key, h.finished_at, -1, h.job_id FROM twinmill.job_history h
    WHERE h.claimed_at IS NOT NULL
    UNION ALL
    SELECT j.queue, j.concurrency_key, j.claimed_at, 1, j.job_id FROM twinmill.jobs j
  ) AS e
  WHERE e.at IS NOT NULL AND e.concurrency_key IS NOT NULL
  ORDER BY e.queue COLLATE "C", e.concurrency_key COLLATE "C", e.at, e.change
) TO STDOUT (FORMAT binary)
