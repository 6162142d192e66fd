DROP TABLE twinmill.schedules;
-- The default schedules of kinds are made again when there is a table for them again.
DELETE FROM twinmill.settings WHERE name LIKE 'default_schedule.%';
