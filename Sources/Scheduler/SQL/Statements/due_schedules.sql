-- Purpose: locks the schedules that are due, for this transaction. $1 how many at most.
-- Index:   schedules_due.
-- Locks:   the rows returned. It skips rows that another scheduler holds.
-- Rows:    one per schedule. now() is the transaction's: one time for all decisions of a tick.
SELECT s.name, s.cron, s.time_zone, s.overlap, s.catch_up, s.catch_up_limit,
       extract(epoch FROM s.jitter)::double precision AS jitter_seconds, s.planned_until,
       now() AS now, twinmill.zone_offset(s.time_zone) AS server_offset
FROM twinmill.schedules s
WHERE s.enabled AND (s.next_at IS NULL OR s.next_at <= now())
ORDER BY s.next_at NULLS FIRST, s.name
LIMIT $1::integer
FOR UPDATE SKIP LOCKED
