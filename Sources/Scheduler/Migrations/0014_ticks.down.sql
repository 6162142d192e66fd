DROP FUNCTION twinmill.zone_offset(text);
DROP FUNCTION twinmill.apply_tick(text, timestamptz[], text[], timestamptz[], text[], timestamptz, timestamptz, timestamptz);
DROP TABLE twinmill.schedule_ticks;
