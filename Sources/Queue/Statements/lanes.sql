-- Purpose: the front of every lane, from the beginning of the index: what came back behind a cursor is found here.
--          $1 queues (NULL: all), $2 kinds.
-- Index:   jobs_ready, by skipping from lane to lane.  Locks: none.  Rows: one per lane that has a ready job.
WITH RECURSIVE lane AS (
  (SELECT j.queue, j.kind, j.priority, j.id FROM twinmill.jobs j
   WHERE j.state = 'ready' AND j.crashes < 2
   ORDER BY j.queue, j.kind, j.priority, j.id LIMIT 1)
  UNION ALL
  SELECT next.* FROM lane, LATERAL (
    SELECT j.queue, j.kind, j.priority, j.id FROM twinmill.jobs j
    WHERE j.state = 'ready' AND j.crashes < 2
      AND (j.queue, j.kind, j.priority) > (lane.queue, lane.kind, lane.priority)
    ORDER BY j.queue, j.kind, j.priority, j.id LIMIT 1
  ) AS next
)
SELECT l.queue, l.kind, l.priority::integer, l.id FROM lane l
WHERE ($1::text[] IS NULL OR l.queue = ANY ($1::text[])) AND l.kind = ANY ($2::text[])
