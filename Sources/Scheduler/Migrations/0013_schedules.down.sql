DROP FUNCTION twinmill.run_schedule(text);
DROP FUNCTION twinmill.disable_schedule(text);
DROP FUNCTION twinmill.enable_schedule(text);
DROP FUNCTION twinmill.unschedule(text);
DROP FUNCTION twinmill.no_schedule(text);
DROP FUNCTION twinmill.schedule(text, text, text, jsonb, text, uuid, text, integer, text, text, integer, interval, boolean);
DROP TABLE twinmill.schedules;
DROP FUNCTION twinmill.guard_schedule();
