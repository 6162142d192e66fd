-- Purpose: returns the lanes that a worker serves, with the seconds that a step of priority is worth and whether the
--          queue has limits. $1 queues (NULL: all), $2 kinds, $3 up to how many lanes it returns all of them, because a
--          claim looks into each. If there are more, for example one per tenant that ever was, it returns the lanes
--          with a ready or running job only.
-- Index:   jobs_ready, from lane to lane, and jobs_poison, if there are more.
-- Locks:   none.
-- Rows:    one per lane.
WITH RECURSIVE present(lane) AS (
  (SELECT j.lane FROM twinmill.live_jobs j WHERE j.state = 'ready' AND j.crashes < 2 ORDER BY j.lane LIMIT 1)
  UNION ALL
  SELECT next.lane FROM present p, LATERAL (
    SELECT j.lane FROM twinmill.live_jobs j
    WHERE j.state = 'ready' AND j.crashes < 2 AND j.lane > p.lane ORDER BY j.lane LIMIT 1
  ) AS next
)
SELECT l.lane, l.queue, l.kind, l.tenant, l.priority::integer, coalesce(s.ageing_seconds, 60) AS ageing_seconds,
       coalesce(s.is_limited, false) AS is_limited
FROM twinmill.lanes l LEFT JOIN twinmill.queue_settings s ON s.queue = l.queue
WHERE ($1::text[] IS NULL OR l.queue = ANY ($1::text[])) AND l.kind = ANY ($2::text[])
  AND ((SELECT count(*) FROM (SELECT FROM twinmill.lanes LIMIT $3::bigint + 1) AS counted) <= $3::bigint
       OR l.lane IN (SELECT p.lane FROM present p)
       OR l.lane IN (SELECT j.lane FROM twinmill.live_jobs j WHERE j.state = 'ready' AND j.crashes >= 2))
