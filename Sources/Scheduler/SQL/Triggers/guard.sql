-- Purpose: calls guard_schedule before a schedule is written. The scheduler's own columns (planned_until, next_at,
--          last_error) do not fire it.
-- Index:   none.
-- Locks:   see guard_schedule.
-- Rows:    none.
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OF name, cron, time_zone, kind, arguments, twin_id, queue, priority,
  overlap, catch_up, catch_up_limit, jitter, enabled ON twinmill.schedules
FOR EACH ROW EXECUTE FUNCTION twinmill.guard_schedule();
COMMENT ON TRIGGER guard ON twinmill.schedules IS 'Refuses schedules that could not run';
