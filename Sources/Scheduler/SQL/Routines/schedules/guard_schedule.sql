-- Purpose: refuses schedules that could not run, for every writer, and corrects planned_until when the plan changes.
-- Index:   kinds_pkey.
-- Locks:   the schedule's row.
-- Rows:    one.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.guard_schedule() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  is_zone boolean;
  zone_before text;
  asked text;
BEGIN
  IF new.name IS NULL OR new.name !~ '^[A-Za-z0-9_.-]{1,100}$' THEN
    RAISE EXCEPTION 'bad schedule name %', coalesce(quote_literal(new.name), 'NULL') USING ERRCODE = '22023',
      HINT = 'Use 1 to 100 letters, digits, dots, dashes or underscores.';
  END IF;
  PERFORM twinmill.check_cron(new.cron);
  -- pg_timezone_names reads the file of every zone, 77 ms; SET TimeZone reads one and tells its proper name. Only a
  -- name with digits can be a rule instead of a zone ('EST5'): for those the view is read. Its other names (posix/…,
  -- localtime) differ from machine to machine, or mean nothing to the scheduler.
  IF TG_OP = 'INSERT' OR new.time_zone IS DISTINCT FROM old.time_zone THEN
    IF new.time_zone IS NULL OR new.time_zone ~ '^(posix/|right/|localtime$|posixrules$|Factory$)' THEN
      is_zone := false;
    ELSIF new.time_zone ~ '[0-9]' THEN
      is_zone := EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = new.time_zone);
    ELSE
      zone_before := current_setting('TimeZone');
      BEGIN
        is_zone := set_config('TimeZone', new.time_zone, true) = new.time_zone;
        PERFORM set_config('TimeZone', zone_before, true);
      EXCEPTION WHEN invalid_parameter_value OR invalid_datetime_format THEN
        is_zone := false;
      END;
    END IF;
    IF NOT is_zone THEN
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
    -- A disabled time and the past of another plan are not made up for.
    IF (new.enabled AND NOT old.enabled) OR new.cron <> old.cron OR new.time_zone <> old.time_zone THEN
      new.planned_until := greatest(old.planned_until, now());
    END IF;
    new.next_at := NULL;
  END IF;
  RETURN new;
END $$;
COMMENT ON FUNCTION twinmill.guard_schedule() IS 'Refuses schedules that could not run; a new plan starts now';
