-- Purpose: schedules for people, with the last tick of each. $1 one name, or null for all.
-- Index:   schedules_pkey, schedule_ticks_pkey (backwards).  Locks: none.  Rows: one per schedule.
SELECT s.name, s.cron, s.time_zone, s.kind, s.arguments::text AS arguments, s.twin_id, s.queue, s.priority, s.overlap,
       s.catch_up, s.catch_up_limit, extract(epoch FROM s.jitter)::double precision AS jitter_seconds, s.enabled,
       s.planned_until, s.next_at, s.last_error, t.planned_at AS last_planned_at, t.outcome AS last_outcome,
       t.job_id AS last_job_id
FROM twinmill.schedules s
LEFT JOIN LATERAL (
  SELECT t.planned_at, t.outcome, t.job_id FROM twinmill.schedule_ticks t
  WHERE t.schedule = s.name ORDER BY t.planned_at DESC LIMIT 1
) AS t ON true
WHERE $1::text IS NULL OR s.name = $1::text
ORDER BY s.name
