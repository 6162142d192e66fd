-- In the order in which schedules are taken: with another one, each tick would sort all that are due at midnight.
DROP INDEX twinmill.schedules_due;
CREATE INDEX schedules_due ON twinmill.schedules (coalesce(next_at, '-infinity'), name) WHERE enabled;
