-- Purpose: the first ready job of every lane, from the front of the index: what came to lie behind a cursor, because
--          its transaction was open for longer than the cursor waits, is found here. $1 lanes.
-- Index:   jobs_ready, twice per lane.  Locks: none.  Rows: one per lane and half that has a job nobody works on.
SELECT w.lane, half.is_returned, head.place
FROM unnest($1::integer[]) AS w(lane), (VALUES (false), (true)) AS half(is_returned), LATERAL (
  SELECT coalesce(j.turn, j.job_id) AS place FROM twinmill.live_jobs j
  WHERE j.state = 'ready' AND j.crashes < 2 AND j.lane = w.lane AND (j.turn IS NOT NULL) = half.is_returned
    AND j.job_id NOT IN (SELECT member FROM twinmill.claims c, unnest(c.job_ids) AS member)
  ORDER BY coalesce(j.turn, j.job_id) LIMIT 1
) AS head
