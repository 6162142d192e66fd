-- Purpose: the first ready job of every lane, from the front of the index: what came to lie behind a cursor, because
--          its transaction was open for longer than the cursor waits, is found here. $1 lanes.
-- Index:   jobs_ready, twice per lane.  Locks: none.  Rows: one per lane and half that has a job nobody works on.
SELECT w.lane, half.is_requeued, head.position
FROM unnest($1::integer[]) AS w(lane), (VALUES (false), (true)) AS half(is_requeued), LATERAL (
  SELECT coalesce(j.requeue_seq, j.job_id) AS position FROM twinmill.live_jobs j
  WHERE j.state = 'ready' AND j.crashes < 2 AND j.lane = w.lane AND (j.requeue_seq IS NOT NULL) = half.is_requeued
    AND j.job_id NOT IN (SELECT member FROM twinmill.claims c, unnest(c.job_ids) AS member)
  ORDER BY coalesce(j.requeue_seq, j.job_id) LIMIT 1
) AS head
