-- Purpose: returns the lanes, with the seconds that a step of priority is worth, whether the queue has limits, and
--          whether the worker serves the lane. $1 queues (NULL: all), $2 kinds, $3 up to how many lanes: a claim looks
--          into each. If there are more, lanes_since and lane_scan find those with work.
-- Index:   none. It reads $3 lanes and one more.
-- Locks:   none.
-- Rows:    one per lane; $3 and one more: there are too many.
SELECT l.lane, l.queue, l.kind, l.tenant, l.priority::integer, coalesce(s.ageing_seconds, 60) AS ageing_seconds,
       coalesce(s.is_limited, false) AS is_limited,
       ($1::text[] IS NULL OR l.queue = ANY ($1::text[])) AND l.kind = ANY ($2::text[]) AS is_served
FROM (SELECT l.* FROM twinmill.lanes l LIMIT $3::bigint + 1) AS l
LEFT JOIN twinmill.queue_settings s ON s.queue = l.queue
