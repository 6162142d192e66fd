-- Schedules: what is to be enqueued when. Edited through the functions below; a trigger guards every way in.

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
COMMENT ON TABLE twinmill.schedules IS 'What is enqueued when; twinmill.schedule() makes them, twinmill.unschedule() removes them';
COMMENT ON COLUMN twinmill.schedules.cron IS 'Minute, hour, day of month, month, day of week; or @daily and the like';
COMMENT ON COLUMN twinmill.schedules.time_zone IS 'IANA name: whose clock the cron expression reads';
COMMENT ON COLUMN twinmill.schedules.overlap IS
  'While a job of this schedule is unfinished: skip the tick, queue_one (one may wait beside it), or allow';
COMMENT ON COLUMN twinmill.schedules.catch_up IS
  'Planned instants that nobody was there for: skip them, run the latest, or all (the newest catch_up_limit of them)';
COMMENT ON COLUMN twinmill.schedules.jitter IS
  'Each job starts this much later at most, by a delay that depends on the name and the planned instant only';
COMMENT ON COLUMN twinmill.schedules.planned_until IS
  'Every planned instant up to here has been dealt with, or lay in a time in which the schedule was disabled';
COMMENT ON COLUMN twinmill.schedules.next_at IS
  'The next planned instant, or the next try after last_error; null = the scheduler has not looked yet';
COMMENT ON COLUMN twinmill.schedules.last_error IS 'Why the last tick could not be made; null when it could';

CREATE INDEX schedules_due ON twinmill.schedules (next_at) WHERE enabled;

-- Purpose: refuse what could not run, whoever writes it, and keep planned_until true to what happened.
-- Index: kinds_pkey.  Locks: the schedule's row.  Rows: one.
CREATE FUNCTION twinmill.guard_schedule() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  asked text;
BEGIN
  IF new.name IS NULL OR new.name !~ '^[A-Za-z0-9_.-]{1,100}$' THEN
    RAISE EXCEPTION 'bad schedule name %', coalesce(quote_literal(new.name), 'NULL') USING ERRCODE = '22023',
      HINT = 'Use 1 to 100 letters, digits, dots, dashes or underscores.';
  END IF;
  PERFORM twinmill.check_cron(new.cron);
  -- The view reads every zone's file: asked only when the zone is new. What it lists beside the IANA names (posix/…,
  -- localtime) means something else on each machine, or nothing to the scheduler.
  IF TG_OP = 'INSERT' OR new.time_zone IS DISTINCT FROM old.time_zone THEN
    IF new.time_zone ~ '^(posix/|right/|localtime$|posixrules$|Factory$)'
       OR NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = new.time_zone) THEN
      asked := lower(replace(regexp_replace(new.time_zone, '^(posix|right)/', ''), ' ', '_'));
      RAISE EXCEPTION 'unknown time zone %', coalesce(quote_literal(new.time_zone), 'NULL') USING ERRCODE = '22023',
        HINT = coalesce(
          (SELECT format('Did you mean %L?', z.name) FROM pg_timezone_names z
           WHERE lower(z.name) = asked OR right(lower(z.name), char_length(asked) + 1) = '/' || asked
           ORDER BY length(z.name), z.name LIMIT 1),
          'Use an IANA name such as ''Europe/Berlin'' or ''UTC'': SELECT name FROM pg_timezone_names;');
    END IF;
  END IF;
  -- A schedule whose kind or twin is gone can still be disabled.
  IF TG_OP = 'INSERT' OR new.enabled OR (new.kind, new.twin_id, new.arguments, new.queue, new.priority)
       IS DISTINCT FROM (old.kind, old.twin_id, old.arguments, old.queue, old.priority) THEN
    PERFORM twinmill.check_job(new.kind, new.twin_id, new.arguments, new.queue, new.priority, NULL, NULL);
  END IF;
  IF new.overlap IS NULL OR new.overlap NOT IN ('skip', 'queue_one', 'allow') THEN
    RAISE EXCEPTION 'unknown overlap policy %', coalesce(quote_literal(new.overlap), 'NULL') USING ERRCODE = '22023',
      HINT = 'Use skip, queue_one or allow.';
  END IF;
  IF new.catch_up IS NULL OR new.catch_up NOT IN ('skip', 'latest', 'all') THEN
    RAISE EXCEPTION 'unknown catch-up policy %', coalesce(quote_literal(new.catch_up), 'NULL')
      USING ERRCODE = '22023', HINT = 'Use skip, latest or all (with catch_up_limit).';
  END IF;
  IF new.catch_up_limit IS NULL OR new.catch_up_limit NOT BETWEEN 1 AND 1000 THEN
    RAISE EXCEPTION 'catch_up_limit must be between 1 and 1000, not %', coalesce(new.catch_up_limit::text, 'NULL')
      USING ERRCODE = '22023', HINT = 'It is the number of missed instants that catch_up => ''all'' runs.';
  END IF;
  IF new.jitter IS NULL OR new.jitter NOT BETWEEN '0' AND '1 day' THEN
    RAISE EXCEPTION 'jitter must be between 0 and 1 day, not %', coalesce(new.jitter::text, 'NULL')
      USING ERRCODE = '22023', HINT = 'It delays each job by up to this much, as in jitter => ''5 minutes''.';
  END IF;
  IF new.enabled IS NULL THEN
    RAISE EXCEPTION 'enabled must be true or false, not NULL' USING ERRCODE = '22023',
      HINT = 'Leave it out for true.';
  END IF;

  new.last_error := NULL;
  new.updated_at := now();
  new.updated_by := session_user;
  IF TG_OP = 'INSERT' THEN
    new.created_at := now();
    new.created_by := session_user;
    new.planned_until := now();
    new.next_at := NULL;
  ELSE
    -- Neither a disabled time nor another plan's past is replayed.
    IF (new.enabled AND NOT old.enabled) OR new.cron <> old.cron OR new.time_zone <> old.time_zone THEN
      new.planned_until := greatest(old.planned_until, now());
    END IF;
    new.next_at := NULL;
  END IF;
  RETURN new;
END $$;
COMMENT ON FUNCTION twinmill.guard_schedule() IS 'Refuses schedules that could not run; a new plan starts now';

-- Not for planned_until, next_at and last_error: those are the scheduler's.
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OF name, cron, time_zone, kind, arguments, twin_id, queue, priority,
  overlap, catch_up, catch_up_limit, jitter, enabled ON twinmill.schedules
FOR EACH ROW EXECUTE FUNCTION twinmill.guard_schedule();

-- Purpose: make a schedule, or replace the one of that name; what has run does not run again.
-- Index: schedules_pkey.  Locks: the schedule's row.  Rows: one.
CREATE FUNCTION twinmill.schedule(
  name text, cron text, kind text, arguments jsonb DEFAULT '{}', time_zone text DEFAULT 'UTC',
  twin uuid DEFAULT NULL, queue text DEFAULT NULL, priority integer DEFAULT 0, overlap text DEFAULT 'skip',
  catch_up text DEFAULT 'latest', catch_up_limit integer DEFAULT 10, jitter interval DEFAULT '0',
  enabled boolean DEFAULT true)
RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  LOOP
    UPDATE twinmill.schedules AS s SET
      cron = schedule.cron, time_zone = schedule.time_zone, kind = schedule.kind, arguments = schedule.arguments,
      twin_id = schedule.twin, queue = schedule.queue, priority = schedule.priority, overlap = schedule.overlap,
      catch_up = schedule.catch_up, catch_up_limit = schedule.catch_up_limit, jitter = schedule.jitter,
      enabled = schedule.enabled
    WHERE s.name = schedule.name;
    EXIT WHEN FOUND;
    INSERT INTO twinmill.schedules AS s
      (name, cron, time_zone, kind, arguments, twin_id, queue, priority, overlap, catch_up, catch_up_limit, jitter,
       enabled)
    VALUES
      (schedule.name, schedule.cron, schedule.time_zone, schedule.kind, schedule.arguments, schedule.twin,
       schedule.queue, schedule.priority, schedule.overlap, schedule.catch_up, schedule.catch_up_limit,
       schedule.jitter, schedule.enabled)
    ON CONFLICT DO NOTHING;
    EXIT WHEN FOUND;
  END LOOP;
  RETURN schedule.name;
END $$;
COMMENT ON FUNCTION twinmill.schedule(text, text, text, jsonb, text, uuid, text, integer, text, text, integer,
  interval, boolean) IS
  'Makes the schedule of that name, or replaces it without running again what has run; returns the name';

-- Purpose: the error of every function that is given a schedule's name.
CREATE FUNCTION twinmill.no_schedule(name text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'no schedule %', coalesce(quote_literal(no_schedule.name), 'NULL') USING ERRCODE = 'P0002',
    HINT = coalesce(
      'Known: ' || (SELECT string_agg(k.name, ', ' ORDER BY k.name)
                    FROM (SELECT s.name FROM twinmill.schedules s ORDER BY s.name LIMIT 20) AS k) || '.',
      'There is none yet: SELECT twinmill.schedule(name, cron, kind);');
END $$;
COMMENT ON FUNCTION twinmill.no_schedule(text) IS 'Raises P0002 and names the schedules that there are';

-- Purpose: remove a schedule. Its jobs and the record of its ticks stay.
-- Index: schedules_pkey.  Locks: the schedule's row.  Rows: one.
CREATE FUNCTION twinmill.unschedule(name text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  DELETE FROM twinmill.schedules s WHERE s.name = unschedule.name;
  IF NOT FOUND THEN
    PERFORM twinmill.no_schedule(unschedule.name);
  END IF;
  RETURN unschedule.name;
END $$;
COMMENT ON FUNCTION twinmill.unschedule(text) IS 'Removes a schedule; jobs that it has enqueued and its ticks stay';

-- Purpose: let a schedule run again from now on. The disabled time is not replayed.
-- Index: schedules_pkey.  Locks: the schedule's row.  Rows: one.
CREATE FUNCTION twinmill.enable_schedule(name text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE twinmill.schedules s SET enabled = true WHERE s.name = enable_schedule.name AND NOT s.enabled;
  IF NOT FOUND AND NOT EXISTS (SELECT FROM twinmill.schedules s WHERE s.name = enable_schedule.name) THEN
    PERFORM twinmill.no_schedule(enable_schedule.name);
  END IF;
  RETURN enable_schedule.name;
END $$;
COMMENT ON FUNCTION twinmill.enable_schedule(text) IS
  'Lets a disabled schedule run from now on; what was planned while it was disabled is not made up for';

-- Purpose: stop a schedule without losing it. Jobs that it has enqueued run on.
-- Index: schedules_pkey.  Locks: the schedule's row.  Rows: one.
CREATE FUNCTION twinmill.disable_schedule(name text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE twinmill.schedules s SET enabled = false WHERE s.name = disable_schedule.name AND s.enabled;
  IF NOT FOUND AND NOT EXISTS (SELECT FROM twinmill.schedules s WHERE s.name = disable_schedule.name) THEN
    PERFORM twinmill.no_schedule(disable_schedule.name);
  END IF;
  RETURN disable_schedule.name;
END $$;
COMMENT ON FUNCTION twinmill.disable_schedule(text) IS 'Stops a schedule until twinmill.enable_schedule()';

-- Purpose: enqueue a schedule's job now, besides its plan; overlap policies count it like any other of its jobs.
-- Index: schedules_pkey.  Locks: none.  Rows: one.
CREATE FUNCTION twinmill.run_schedule(name text, OUT job_id bigint, OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known twinmill.schedules;
BEGIN
  SELECT s.* INTO known FROM twinmill.schedules s WHERE s.name = run_schedule.name;
  IF NOT FOUND THEN
    PERFORM twinmill.no_schedule(run_schedule.name);
  END IF;
  SELECT e.job_id, e.outcome INTO job_id, outcome
  FROM twinmill.enqueue_tick(known.name, NULL, known.kind, known.twin_id, known.arguments, known.queue,
                             known.priority, NULL, NULL) AS e;
END $$;
COMMENT ON FUNCTION twinmill.run_schedule(text) IS 'Enqueues the job of a schedule now, besides its plan';

REVOKE ALL ON FUNCTION
  twinmill.guard_schedule(),
  twinmill.schedule(text, text, text, jsonb, text, uuid, text, integer, text, text, integer, interval, boolean),
  twinmill.no_schedule(text),
  twinmill.unschedule(text),
  twinmill.enable_schedule(text),
  twinmill.disable_schedule(text),
  twinmill.run_schedule(text)
FROM PUBLIC;
