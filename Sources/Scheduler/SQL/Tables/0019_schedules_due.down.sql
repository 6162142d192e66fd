DROP INDEX twinmill.schedules_due;
CREATE INDEX schedules_due ON twinmill.schedules (next_at) WHERE enabled;
