-- Purpose: finds the first ready job of every lane queue from the front of the index. A job lies behind the cursor when
--          its transaction was open for longer than the cursor waits; this scan finds it. $1 lanes.
-- Index:   jobs_ready, twice per lane.
-- Locks:   none.
-- Rows:    one per lane queue with a job that no claim holds.
SELECT w.lane, queue.is_requeued, head.position
FROM unnest($1::integer[]) AS w(lane), (VALUES (false), (true)) AS queue(is_requeued), LATERAL (
  SELECT coalesce(j.requeue_seq, j.job_id) AS position FROM twinmill.live_jobs j
  WHERE j.state = 'ready' AND j.crashes < 2 AND j.lane = w.lane AND (j.requeue_seq IS NOT NULL) = queue.is_requeued
    AND j.job_id NOT IN (SELECT member FROM twinmill.claims c, unnest(c.job_ids) AS member)
  ORDER BY coalesce(j.requeue_seq, j.job_id) LIMIT 1
) AS head
