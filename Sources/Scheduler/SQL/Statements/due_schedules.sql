-- Purpose: locks the schedules that are due, for this transaction. $1 how many at most.
-- Index:   schedules_due.
-- Locks:   the rows returned. It skips rows that another scheduler holds.
-- Rows:    one per schedule. now() is the transaction's: one time for all decisions of a tick.
SELECT s.name, s.cron, s.time_zone, s.overlap, s.catch_up, s.catch_up_limit,
       extract(epoch FROM s.jitter)::double precision AS jitter_seconds, s.planned_until, now() AS now
FROM twinmill.schedules s
WHERE s.enabled AND coalesce(s.next_at, '-infinity') <= now()
ORDER BY coalesce(s.next_at, '-infinity'), s.name
LIMIT $1::integer
FOR UPDATE SKIP LOCKED
