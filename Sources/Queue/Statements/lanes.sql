-- Purpose: the lanes that this worker serves, with what one step of priority is worth and whether the queue has limits.
--          $1 queues (NULL: all), $2 kinds.
-- Index:   none, lanes are few.  Locks: none.  Rows: one per lane.
SELECT l.lane, l.queue, l.kind, l.tenant, l.priority::integer, coalesce(s.ageing_seconds, 60) AS ageing_seconds,
       coalesce(s.is_limited, false) AS is_limited
FROM twinmill.lanes l LEFT JOIN twinmill.queue_settings s ON s.queue = l.queue
WHERE ($1::text[] IS NULL OR l.queue = ANY ($1::text[])) AND l.kind = ANY ($2::text[])
