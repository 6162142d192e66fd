-- Purpose: goes through the lanes with work from the front of the index, a part at a time, and finds the first ready
--          job of each lane queue. A worker that starts finds its backlog by it; later it finds jobs behind the cursors,
--          whose transaction was open for longer than the cursors wait. $1 lane after which it starts, $2 how many
--          lanes, $3 queues (NULL: all), $4 kinds.
-- Index:   jobs_ready, from lane to lane.
-- Locks:   none.
-- Rows:    first one without a lane queue: the last lane that it came to (NULL: it came to the end). Then one per lane
--          queue with a job that no claim holds.
WITH RECURSIVE present(lane, n) AS (
  (SELECT j.lane, 1 FROM twinmill.live_jobs j WHERE j.state = 'ready' AND j.crashes < 2 AND j.lane > $1::integer
   ORDER BY j.lane LIMIT 1)
  UNION ALL
  SELECT next.lane, p.n + 1 FROM present p, LATERAL (
    SELECT j.lane FROM twinmill.live_jobs j
    WHERE j.state = 'ready' AND j.crashes < 2 AND j.lane > p.lane ORDER BY j.lane LIMIT 1
  ) AS next
  WHERE p.n < $2::integer
), busy AS MATERIALIZED (
  SELECT member.job_id FROM twinmill.claims c, unnest(c.job_ids) AS member(job_id)
)
SELECT NULL::boolean AS is_requeued, NULL::bigint AS position, NULL::float8 AS due, NULL::integer AS lane,
       NULL::text AS queue, NULL::text AS kind, NULL::text AS tenant, NULL::integer AS priority,
       NULL::float8 AS ageing_seconds, NULL::boolean AS is_limited,
       CASE WHEN count(*) = $2 THEN max(p.lane) END AS next_lane
FROM present p
UNION ALL
SELECT o.is_requeued, head.position, date_part('epoch', head.run_at), p.lane, l.queue, l.kind, l.tenant,
       l.priority::integer, coalesce(s.ageing_seconds, 60), coalesce(s.is_limited, false), NULL
FROM present p
CROSS JOIN LATERAL (SELECT l.* FROM twinmill.lanes l WHERE l.lane = p.lane OFFSET 0) AS l
LEFT JOIN twinmill.queue_settings s ON s.queue = l.queue
CROSS JOIN (VALUES (false), (true)) AS o(is_requeued)
CROSS JOIN LATERAL (
  SELECT coalesce(j.requeue_seq, j.job_id) AS position, j.run_at FROM twinmill.live_jobs j
  WHERE j.state = 'ready' AND j.crashes < 2 AND j.lane = p.lane AND (j.requeue_seq IS NOT NULL) = o.is_requeued
    AND j.job_id NOT IN (SELECT b.job_id FROM busy b)
  ORDER BY coalesce(j.requeue_seq, j.job_id) LIMIT 1
) AS head
WHERE ($3::text[] IS NULL OR l.queue = ANY ($3::text[])) AND l.kind = ANY ($4::text[])
  -- A claim would refuse it. When the queue is resumed, all lanes are gone through anew.
  AND NOT coalesce(s.is_paused, false)
