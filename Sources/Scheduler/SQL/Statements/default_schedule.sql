-- Purpose: makes a kind's default schedule, once in the life of a database. The setting records it: a schedule that
--          somebody removed does not come back. $1 kind and name, $2 cron expression, $3 time zone.
-- Index:   settings_pkey, schedules_pkey.
-- Locks:   the setting's row, the schedule's row.
-- Rows:    the schedule's name; none: it was made before.
WITH first AS (
  INSERT INTO twinmill.settings (name, value) VALUES ('default_schedule.' || $1::text, to_jsonb($2::text))
  ON CONFLICT DO NOTHING
  RETURNING 1
)
SELECT twinmill.schedule($1, $2, $1, time_zone => $3) FROM first
