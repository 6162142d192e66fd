-- Purpose: when each job was claimed (+1) and ended (-1), by queue. Only what was committed: the winning attempts, and
--          the running ones.
-- Index:   none: everything is read and sorted once.  Locks: none.  Rows: two per claimed job.
COPY (
  SELECT e.queue, NULL::text, e.at, e.change::smallint, e.job_id
  FROM (
    SELECT h.queue, h.claimed_at AS at, 1 AS change, h.job_id FROM twinmill.job_history h
    UNION ALL
    SELECT h.queue, h.finished_at, -1, h.job_id FROM twinmill.job_history h WHERE h.claimed_at IS NOT NULL
    UNION ALL
    SELECT j.queue, j.claimed_at, 1, j.job_id FROM twinmill.jobs j
  ) AS e
  WHERE e.at IS NOT NULL
  ORDER BY e.queue COLLATE "C", e.at, e.change
) TO STDOUT (FORMAT binary)
