-- Purpose: deletes ticks past retention. $1 retention in seconds, $2 how many at most.
-- Index:   schedule_ticks_planned_at, schedule_ticks_pkey.
-- Locks:   the deleted rows. It never waits.
-- Rows:    none; the command tag holds the number.
WITH old AS MATERIALIZED (
  SELECT t.schedule, t.planned_at FROM twinmill.schedule_ticks t
  WHERE t.planned_at < now() - make_interval(secs => $1::double precision)
  ORDER BY t.planned_at LIMIT $2::integer
  FOR UPDATE SKIP LOCKED
)
DELETE FROM twinmill.schedule_ticks t USING old WHERE t.schedule = old.schedule AND t.planned_at = old.planned_at
