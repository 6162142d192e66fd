-- Purpose: returns the server's time and the instant at which the next schedule is due; -infinity: one has not been
--          looked at yet.
-- Index:   schedules_due.
-- Locks:   none.
-- Rows:    one.
SELECT now() AS now, min(coalesce(s.next_at, '-infinity')) AS next_at FROM twinmill.schedules s WHERE s.enabled
