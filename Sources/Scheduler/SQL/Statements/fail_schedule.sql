-- Purpose: records why a schedule cannot be planned. $1 name, $2 reason, $3 the next try.
-- Index:   schedules_pkey.
-- Locks:   the schedule's row, already held.
-- Rows:    none.
UPDATE twinmill.schedules s SET last_error = $2::text, next_at = $3::timestamptz WHERE s.name = $1::text
