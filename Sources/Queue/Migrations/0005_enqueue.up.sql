-- How jobs come in: the checks that refuse a bad one at once, and the one statement that inserts.

-- Purpose: what is wrong with a value by a JSON schema, in words; NULL when nothing is.
-- Understands: type, enum, properties, required, additionalProperties, items, minItems, maxItems, minimum, maximum,
-- minLength, maxLength. Pure.
CREATE FUNCTION twinmill.schema_fault(schema jsonb, value jsonb, path text DEFAULT '')
RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  named text := CASE WHEN path = '' THEN 'arguments' ELSE format('argument "%s"', path) END;
  actual text := jsonb_typeof(value);
  wanted text[];
  entry record;
  fault text;
BEGIN
  IF schema ? 'type' THEN
    wanted := CASE jsonb_typeof(schema -> 'type')
      WHEN 'array' THEN ARRAY(SELECT jsonb_array_elements_text(schema -> 'type'))
      ELSE ARRAY[schema ->> 'type'] END;
    IF NOT (actual = ANY (wanted)
            OR (actual = 'number' AND 'integer' = ANY (wanted) AND (value #>> '{}')::numeric % 1 = 0)) THEN
      RETURN format('%s must be %s, not %s', named, array_to_string(wanted, ' or '), actual);
    END IF;
  END IF;
  IF schema ? 'enum' AND NOT schema -> 'enum' @> jsonb_build_array(value) THEN
    RETURN format('%s must be one of %s, not %s', named, schema -> 'enum', value);
  END IF;

  IF actual = 'number' THEN
    IF (value #>> '{}')::numeric < (schema ->> 'minimum')::numeric THEN
      RETURN format('%s must be at least %s, not %s', named, schema ->> 'minimum', value);
    ELSIF (value #>> '{}')::numeric > (schema ->> 'maximum')::numeric THEN
      RETURN format('%s must be at most %s, not %s', named, schema ->> 'maximum', value);
    END IF;
  ELSIF actual = 'string' THEN
    IF char_length(value #>> '{}') < (schema ->> 'minLength')::integer THEN
      RETURN format('%s must have at least %s characters', named, schema ->> 'minLength');
    ELSIF char_length(value #>> '{}') > (schema ->> 'maxLength')::integer THEN
      RETURN format('%s must have at most %s characters', named, schema ->> 'maxLength');
    END IF;
  ELSIF actual = 'array' THEN
    IF jsonb_array_length(value) < (schema ->> 'minItems')::integer THEN
      RETURN format('%s must have at least %s items', named, schema ->> 'minItems');
    ELSIF jsonb_array_length(value) > (schema ->> 'maxItems')::integer THEN
      RETURN format('%s must have at most %s items', named, schema ->> 'maxItems');
    END IF;
    IF schema ? 'items' THEN
      FOR entry IN SELECT item.value, item.ordinality FROM jsonb_array_elements(value) WITH ORDINALITY AS item LOOP
        fault := twinmill.schema_fault(schema -> 'items', entry.value, format('%s[%s]', path, entry.ordinality - 1));
        IF fault IS NOT NULL THEN RETURN fault; END IF;
      END LOOP;
    END IF;
  ELSIF actual = 'object' THEN
    FOR entry IN SELECT required.value AS key FROM jsonb_array_elements_text(schema -> 'required') AS required LOOP
      IF NOT value ? entry.key THEN
        RETURN format('%s lack "%s"', named, entry.key);
      END IF;
    END LOOP;
    FOR entry IN SELECT member.key, member.value FROM jsonb_each(value) AS member LOOP
      IF schema -> 'properties' ? entry.key THEN
        fault := twinmill.schema_fault(schema -> 'properties' -> entry.key, entry.value,
          concat_ws('.', nullif(path, ''), entry.key));
        IF fault IS NOT NULL THEN RETURN fault; END IF;
      ELSIF schema -> 'additionalProperties' = 'false' THEN
        RETURN format('%s have no "%s"; known: %s', named, entry.key,
          coalesce((SELECT string_agg(known, ', ' ORDER BY known) FROM jsonb_object_keys(schema -> 'properties') known),
                   'none'));
      END IF;
    END LOOP;
  END IF;
  RETURN NULL;
END $$;
COMMENT ON FUNCTION twinmill.schema_fault(jsonb, jsonb, text) IS 'What is wrong with a value by a JSON schema; NULL = nothing';

-- Purpose: refuse what can never run, saying which object and what to do. Returns the kind's row.
-- Index: kinds_pkey.  Locks: none.
CREATE FUNCTION twinmill.check_job(
  kind text, twin uuid, arguments jsonb, queue text, priority integer, unique_key text, max_attempts integer)
RETURNS twinmill.kinds
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known twinmill.kinds;
  fault text;
BEGIN
  SELECT k.* INTO known FROM twinmill.kinds k WHERE k.name = check_job.kind;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'unknown kind %', coalesce(quote_literal(check_job.kind), 'NULL') USING ERRCODE = '22023', HINT =
      coalesce('Known kinds: ' || (SELECT string_agg(k.name, ', ' ORDER BY k.name) FROM twinmill.kinds k) || '.',
               'No kind is registered: run "twinmill migrate up".');
  END IF;
  IF arguments IS NULL OR jsonb_typeof(arguments) <> 'object' THEN
    RAISE EXCEPTION 'arguments of kind % must be a JSON object, not %', quote_literal(kind),
      coalesce(jsonb_typeof(arguments), 'NULL') USING ERRCODE = '22023',
      HINT = 'Pass for example ''{"horizon": 30}'', or leave arguments out.';
  END IF;
  fault := twinmill.schema_fault(known.arguments_schema, arguments);
  IF fault IS NOT NULL THEN
    RAISE EXCEPTION 'kind %: %', quote_literal(kind), fault USING ERRCODE = '22023', HINT = format(
      'See the schema: SELECT jsonb_pretty(arguments_schema) FROM twinmill.kinds WHERE name = %L;', kind);
  END IF;
  IF twin IS NULL AND known.needs_twin THEN
    RAISE EXCEPTION 'kind % needs a twin', quote_literal(kind) USING ERRCODE = '22023',
      HINT = 'Pass twin => twinmill.twin(domain, subject).';
  END IF;
  IF twin IS NOT NULL AND NOT twinmill.twin_exists(twin) THEN
    RAISE EXCEPTION 'unknown twin %', twin USING ERRCODE = '23503',
      HINT = 'twinmill.twin(domain, subject) gives the id of a twin and creates it when it is new.';
  END IF;
  IF priority IS NULL OR priority NOT BETWEEN -32768 AND 32767 THEN
    RAISE EXCEPTION 'priority must be between -32768 and 32767, not %', coalesce(priority::text, 'NULL')
      USING ERRCODE = '22023', HINT = 'Lower runs first; 0 is the default.';
  END IF;
  IF max_attempts NOT BETWEEN 1 AND 1000 THEN
    RAISE EXCEPTION 'max_attempts must be between 1 and 1000, not %', max_attempts USING ERRCODE = '22023',
      HINT = format('Leave it out for the kind''s own %s.', known.max_attempts);
  END IF;
  IF queue IS NOT NULL AND (queue !~ '^[A-Za-z0-9_.-]{1,63}$') THEN
    RAISE EXCEPTION 'bad queue name %', quote_literal(queue) USING ERRCODE = '22023',
      HINT = 'Use 1 to 63 letters, digits, dots, dashes or underscores.';
  END IF;
  IF unique_key IS NOT NULL AND char_length(unique_key) NOT BETWEEN 1 AND 200 THEN
    RAISE EXCEPTION 'unique_key must have 1 to 200 characters, not %', char_length(unique_key)
      USING ERRCODE = '22023', HINT = 'Use a short name of what must not run twice at once, or leave it out.';
  END IF;
  RETURN known;
END $$;
COMMENT ON FUNCTION twinmill.check_job(text, uuid, jsonb, text, integer, text, integer) IS
  'Refuses what can never run: unknown kind or twin, malformed arguments, values out of range';

-- Purpose: the number of a lane, made when it is new.
-- Index: lanes_by_name.  Locks: a new row, for which nobody waits.  Rows: one.
CREATE FUNCTION twinmill.lane(queue text, kind text, tenant text, priority integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  number integer;
BEGIN
  SELECT l.lane INTO number FROM twinmill.lanes l
  WHERE l.queue = lane.queue AND l.kind = lane.kind AND l.tenant = lane.tenant AND l.priority = lane.priority::smallint
  ORDER BY l.lane LIMIT 1;
  IF NOT FOUND THEN
    INSERT INTO twinmill.lanes AS l (queue, kind, tenant, priority)
    VALUES (lane.queue, lane.kind, lane.tenant, lane.priority) RETURNING l.lane INTO number;
  END IF;
  RETURN number;
END $$;
COMMENT ON FUNCTION twinmill.lane(text, text, text, integer) IS 'The lane of jobs of this queue, kind, tenant and priority';
REVOKE ALL ON FUNCTION twinmill.lane(text, text, text, integer) FROM PUBLIC;

-- Purpose: the one place where a job row comes into being.
-- Index: jobs_unique as arbiter.  Locks: the new row; waits for a concurrent insert of the same key.  Rows: one.
CREATE FUNCTION twinmill.insert_job(
  known twinmill.kinds, twin uuid, arguments jsonb, queue text, priority integer, run_at timestamptz,
  unique_key text, max_attempts integer, schedule text, tick timestamptz, retry_of bigint,
  OUT job_id bigint, OUT outcome text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  due timestamptz := coalesce(insert_job.run_at, clock_timestamp());
  waits boolean := due > clock_timestamp();
  home text := coalesce(insert_job.queue, known.queue);
BEGIN
  -- The transaction takes its number before the job takes its id: a claim cursor may pass every id that was taken
  -- before the oldest open transaction began.
  PERFORM pg_current_xact_id();
  LOOP
    INSERT INTO twinmill.live_jobs AS j
      (state, lane, max_attempts, kind, twin_id, unique_key, arguments, run_at, requested_by, schedule,
       tick, retry_of)
    VALUES
      (CASE WHEN waits THEN 'scheduled' ELSE 'ready' END::twinmill.job_state, twinmill.lane(home, known.name, '', insert_job.priority),
       coalesce(insert_job.max_attempts, known.max_attempts), known.name, insert_job.twin,
       insert_job.unique_key, insert_job.arguments, due, session_user, insert_job.schedule, insert_job.tick,
       insert_job.retry_of)
    ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL DO NOTHING
    RETURNING j.job_id INTO job_id;
    IF FOUND THEN
      outcome := 'inserted';
      IF NOT waits THEN PERFORM twinmill.wake(home); END IF;
      RETURN;
    END IF;
    SELECT j.job_id INTO job_id FROM twinmill.live_jobs j
    WHERE j.kind = known.name AND j.unique_key = insert_job.unique_key;
    IF FOUND THEN
      outcome := 'merged';
      RETURN;
    END IF;
    -- The other job finished between the two statements: the key is free again.
  END LOOP;
END $$;
COMMENT ON FUNCTION twinmill.insert_job(twinmill.kinds, uuid, jsonb, text, integer, timestamptz, text, integer, text,
  timestamptz, bigint) IS 'Inserts a checked job, or names the unfinished job that holds its unique key';

CREATE FUNCTION twinmill.enqueue(
  kind text, twin uuid DEFAULT NULL, arguments jsonb DEFAULT '{}', queue text DEFAULT NULL,
  priority integer DEFAULT 0, run_at timestamptz DEFAULT NULL, unique_key text DEFAULT NULL,
  max_attempts integer DEFAULT NULL,
  OUT job_id bigint, OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known twinmill.kinds := twinmill.check_job(kind, twin, arguments, queue, priority, unique_key, max_attempts);
BEGIN
  SELECT i.job_id, i.outcome INTO job_id, outcome
  FROM twinmill.insert_job(known, twin, arguments, queue, priority, run_at, unique_key, max_attempts,
                           NULL, NULL, NULL) AS i;
END $$;
COMMENT ON FUNCTION twinmill.enqueue(text, uuid, jsonb, text, integer, timestamptz, text, integer) IS
  'Asks for a job. outcome: inserted, or merged = job_id is the unfinished job with the same kind and unique_key';

-- Jobs as an array of objects with the names of enqueue's parameters; refused rows say why and stop no other row.
CREATE FUNCTION twinmill.enqueue_many(jobs jsonb)
RETURNS TABLE (number bigint, job_id bigint, outcome text, message text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  asked record;
  known twinmill.kinds;
  stray text;
  hint text;
BEGIN
  IF jobs IS NULL OR jsonb_typeof(jobs) <> 'array' THEN
    RAISE EXCEPTION 'jobs must be a JSON array, not %', coalesce(jsonb_typeof(jobs), 'NULL') USING ERRCODE = '22023',
      HINT = 'Pass for example ''[{"kind": "prediction", "twin": "…"}]''.';
  END IF;
  FOR asked IN SELECT item.value, item.ordinality FROM jsonb_array_elements(jobs) WITH ORDINALITY AS item LOOP
    number := asked.ordinality;
    job_id := NULL;
    outcome := 'refused';
    message := NULL;
    BEGIN
      IF jsonb_typeof(asked.value) <> 'object' THEN
        RAISE EXCEPTION 'a job must be a JSON object, not %', jsonb_typeof(asked.value) USING ERRCODE = '22023';
      END IF;
      SELECT key INTO stray FROM jsonb_object_keys(asked.value) AS key
      WHERE key <> ALL ('{kind,twin,arguments,queue,priority,run_at,unique_key,max_attempts}') LIMIT 1;
      IF FOUND THEN
        RAISE EXCEPTION 'a job has no "%"', stray USING ERRCODE = '22023',
          HINT = 'Known: kind, twin, arguments, queue, priority, run_at, unique_key, max_attempts.';
      END IF;
      SELECT e.job_id, e.outcome INTO job_id, outcome
      FROM twinmill.enqueue(
        asked.value ->> 'kind', (asked.value ->> 'twin')::uuid, coalesce(asked.value -> 'arguments', '{}'),
        asked.value ->> 'queue', coalesce((asked.value ->> 'priority')::integer, 0),
        (asked.value ->> 'run_at')::timestamptz, asked.value ->> 'unique_key',
        (asked.value ->> 'max_attempts')::integer) AS e;
    EXCEPTION WHEN data_exception OR foreign_key_violation THEN
      GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
      message := concat_ws(' ', message || '.', nullif(hint, ''));
      outcome := 'refused';
    END;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION twinmill.enqueue_many(jsonb) IS
  'Asks for many jobs at once; per job: inserted, merged with job_id, or refused and why (message)';

-- The scheduler's door: as enqueue, with the tick that asked.
CREATE FUNCTION twinmill.enqueue_tick(
  schedule text, tick timestamptz, kind text, twin uuid, arguments jsonb, queue text, priority integer,
  run_at timestamptz, unique_key text, OUT job_id bigint, OUT outcome text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known twinmill.kinds := twinmill.check_job(kind, twin, arguments, queue, priority, unique_key, NULL);
BEGIN
  SELECT i.job_id, i.outcome INTO job_id, outcome
  FROM twinmill.insert_job(known, twin, arguments, queue, priority, run_at, unique_key, NULL,
                           schedule, tick, NULL) AS i;
END $$;
COMMENT ON FUNCTION twinmill.enqueue_tick(text, timestamptz, text, uuid, jsonb, text, integer, timestamptz, text) IS
  'Enqueues a planned instant of a schedule; the scheduler calls it';

REVOKE ALL ON FUNCTION
  twinmill.schema_fault(jsonb, jsonb, text),
  twinmill.check_job(text, uuid, jsonb, text, integer, text, integer),
  twinmill.insert_job(twinmill.kinds, uuid, jsonb, text, integer, timestamptz, text, integer, text, timestamptz, bigint),
  twinmill.enqueue(text, uuid, jsonb, text, integer, timestamptz, text, integer),
  twinmill.enqueue_many(jsonb),
  twinmill.enqueue_tick(text, timestamptz, text, uuid, jsonb, text, integer, timestamptz, text)
FROM PUBLIC;
