-- Purpose: makes or replaces a schedule. The parameters are in the order of twinmill.schedule, jitter in seconds.
-- Index:   schedules_pkey.
-- Locks:   the schedule's row.
-- Rows:    one.
SELECT twinmill.schedule(
  name => $1::text, cron => $2::text, kind => $3::text, arguments => $4::text::jsonb, time_zone => $5::text,
  twin => $6::uuid, queue => $7::text, priority => $8::integer, overlap => $9::text, catch_up => $10::text,
  catch_up_limit => $11::integer, jitter => make_interval(secs => $12::double precision), enabled => $13::boolean)
