-- Purpose: the instants at which the first job of a drain was claimed and at which each tenth of its jobs had finished.
--          $1 queue.
-- Index:   none: asked after a measurement.  Locks: none.  Rows: eleven: claimed, first tenth … last tenth.
WITH ended AS MATERIALIZED (
  SELECT h.finished_at, ntile(10) OVER (ORDER BY h.finished_at) AS tenth, h.claimed_at
  FROM twinmill.job_history h WHERE h.queue = $1
)
SELECT 0, min(e.claimed_at), count(*) FROM ended e
UNION ALL
SELECT e.tenth, max(e.finished_at), count(*) FROM ended e GROUP BY e.tenth
ORDER BY 1
