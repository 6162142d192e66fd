-- Schedules: jobs to enqueue at planned instants. The trigger `guard` checks every row.
CREATE TABLE twinmill.schedules (
  name            text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9_.-]{1,100}$'),
  cron            text NOT NULL,
  time_zone       text NOT NULL,
  kind            text NOT NULL,
  arguments       jsonb NOT NULL,
  twin_id         uuid,
  queue           text,
  priority        integer NOT NULL,
  overlap         text NOT NULL CHECK (overlap IN ('skip', 'queue_one', 'allow')),
  catch_up        text NOT NULL CHECK (catch_up IN ('skip', 'latest', 'all')),
  catch_up_limit  integer NOT NULL CHECK (catch_up_limit BETWEEN 1 AND 1000),
  jitter          interval NOT NULL CHECK (jitter BETWEEN '0' AND '1 day'),
  enabled         boolean NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  created_by      text NOT NULL DEFAULT session_user,
  updated_at      timestamptz NOT NULL DEFAULT now(),
  updated_by      text NOT NULL DEFAULT session_user,
  planned_until   timestamptz NOT NULL DEFAULT now(),
  next_at         timestamptz,
  last_error      text
);
COMMENT ON TABLE twinmill.schedules IS
  'Jobs to enqueue at planned instants; twinmill.schedule() makes a schedule, twinmill.unschedule() removes it';
COMMENT ON COLUMN twinmill.schedules.cron IS 'Minute, hour, day of month, month, day of week; or @daily and the like';
COMMENT ON COLUMN twinmill.schedules.time_zone IS 'IANA name of the clock that the cron expression reads';
COMMENT ON COLUMN twinmill.schedules.overlap IS
  'While a job of this schedule is unfinished: skip the tick, queue_one (one may wait beside it), or allow';
COMMENT ON COLUMN twinmill.schedules.catch_up IS
  'Planned instants that passed without a scheduler: skip them, run the latest, or all (the newest catch_up_limit)';
COMMENT ON COLUMN twinmill.schedules.jitter IS
  'Each job starts this much later at most, by a delay that depends on the name and the planned instant only';
COMMENT ON COLUMN twinmill.schedules.planned_until IS
  'Every planned instant up to here is decided, or lay in a time in which the schedule was disabled';
COMMENT ON COLUMN twinmill.schedules.next_at IS
  'The next planned instant, or the next try after last_error; null = the scheduler has not looked yet';
COMMENT ON COLUMN twinmill.schedules.last_error IS 'Why the last tick could not be made; null when it could';
CREATE INDEX schedules_due ON twinmill.schedules (next_at) WHERE enabled;
