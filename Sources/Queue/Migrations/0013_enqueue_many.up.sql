-- Many jobs at once: one statement inserts all that are in order; only the others are looked at one by one.

-- Purpose: insert many jobs, and say of each what became of it. $2: of rows that could not even be read, why.
-- Index: kinds_pkey, lanes' unique index, jobs_unique.  Rows: one per request, by number.
-- Locks: the new rows, in the order of their keys, so that calls with the same keys wait for each other and never in a
-- circle. A call that would have to go back in that order takes all its keys one by one, or begins anew.
CREATE FUNCTION twinmill.insert_jobs(requests twinmill.job_request[], faults text[])
RETURNS TABLE (number bigint, job_id bigint, outcome text, message text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  asked_at timestamptz := clock_timestamp();
  -- Before the jobs take their ids, as in insert_job.
  transaction xid8 := pg_current_xact_id();
  goes_by_turns boolean;
  strangers uuid[];
  accepted boolean[];
  ids bigint[];
  outcomes text[];
  messages text[];
  woken text[];
  other record;
  done record;
  hint text;
BEGIN
  SELECT coalesce(bool_or(r.unique_key IS NOT NULL AND (r.if_waiting = 'replace' OR r.depends_on <> '{}')), false),
         twinmill.unknown_twins(array_agg(DISTINCT r.twin) FILTER (WHERE r.twin IS NOT NULL))
  INTO goes_by_turns, strangers
  FROM unnest(requests) AS r;

  -- Lanes that nobody used before.
  FOR other IN
    SELECT DISTINCT coalesce(r.queue, k.queue) AS queue, k.name AS kind, coalesce(r.tenant, '') AS tenant,
           coalesce(r.priority, 0) AS priority
    FROM (SELECT DISTINCT r.queue, r.kind, r.tenant, r.priority FROM unnest(requests) AS r) AS r
    JOIN twinmill.kinds k ON k.name = r.kind
    WHERE NOT EXISTS (
        SELECT FROM twinmill.lanes l
        WHERE l.queue = coalesce(r.queue, k.queue) AND l.kind = k.name AND l.tenant = coalesce(r.tenant, '')
          AND l.priority = coalesce(r.priority, 0))
      AND coalesce(r.queue ~ '^[A-Za-z0-9_.-]{1,63}$', true) AND coalesce(r.priority BETWEEN -32768 AND 32767, true)
      AND coalesce(char_length(r.tenant) <= 200, true)
    ORDER BY 1, 2, 3, 4
  LOOP
    PERFORM twinmill.lane(other.queue, other.kind, other.tenant, other.priority);
  END LOOP;

  LOOP
    BEGIN
      WITH asked AS MATERIALIZED (
        SELECT r.*, nextval('twinmill.live_jobs_job_id_seq') AS job_id
        FROM unnest(requests) WITH ORDINALITY
          AS r(kind, twin, arguments, queue, priority, run_at, unique_key, max_attempts, depends_on, on_discard, tenant,
               concurrency_key, deadline, if_waiting, number)
      ), judged AS MATERIALIZED (
        SELECT a.*, k.queue AS home, k.max_attempts AS usual_attempts,
               coalesce(a.depends_on, '{}') = '{}' AND coalesce(a.twin <> ALL (strangers), true)
               AND (a.unique_key IS NULL OR NOT goes_by_turns)
               AND twinmill.is_acceptable(k,
                 ROW(a.kind, a.twin, a.arguments, a.queue, a.priority, a.run_at, a.unique_key, a.max_attempts,
                     a.depends_on, a.on_discard, a.tenant, a.concurrency_key, a.deadline, a.if_waiting
                    )::twinmill.job_request, asked_at) AS is_accepted
        FROM asked a LEFT JOIN twinmill.kinds k ON k.name = a.kind
      ), inserted AS (
        INSERT INTO twinmill.live_jobs AS j
          (job_id, state, lane, max_attempts, kind, twin_id, unique_key, concurrency_key, arguments, run_at, deadline,
           requested_by)
        OVERRIDING SYSTEM VALUE
        SELECT a.job_id, CASE WHEN a.run_at > asked_at THEN 'scheduled' ELSE 'ready' END::twinmill.job_state, l.lane,
               coalesce(a.max_attempts, a.usual_attempts), a.kind, a.twin, a.unique_key, a.concurrency_key,
               a.arguments, coalesce(a.run_at, asked_at), a.deadline, session_user
        FROM judged a
        JOIN twinmill.lanes l ON l.queue = coalesce(a.queue, a.home) AND l.kind = a.kind
          AND l.tenant = coalesce(a.tenant, '') AND l.priority = coalesce(a.priority, 0)
        WHERE a.is_accepted
        ORDER BY a.unique_key COLLATE "C", a.kind COLLATE "C", a.number
        ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL DO NOTHING
        RETURNING j.job_id, j.lane, j.state
      )
      SELECT array_agg(a.is_accepted ORDER BY a.number), array_agg(i.job_id ORDER BY a.number),
             ARRAY(SELECT DISTINCT l.queue::text FROM twinmill.lanes l
                   WHERE l.lane IN (SELECT r.lane FROM inserted r WHERE r.state = 'ready'))
      INTO accepted, ids, woken
      FROM judged a LEFT JOIN inserted i ON i.job_id = a.job_id;

      IF array_position(ids, NULL) IS NULL THEN EXIT; END IF;

      -- Whose key is taken is merged. A statement of its own: it sees the jobs whose inserts were waited for.
      SELECT array_agg(coalesce(r.id, j.job_id) ORDER BY r.number),
             array_agg(CASE WHEN r.id IS NOT NULL THEN 'inserted' WHEN j.job_id IS NOT NULL THEN 'merged' END
                       ORDER BY r.number)
      INTO ids, outcomes
      FROM ROWS FROM (unnest(ids), unnest(accepted), unnest(requests)) WITH ORDINALITY
        AS r(id, is_accepted, kind, twin, arguments, queue, priority, run_at, unique_key, max_attempts, depends_on,
             on_discard, tenant, concurrency_key, deadline, if_waiting, number)
      LEFT JOIN twinmill.live_jobs j
        ON r.is_accepted AND r.id IS NULL AND j.kind = r.kind AND j.unique_key = r.unique_key;
      EXIT WHEN NOT EXISTS (
        SELECT FROM unnest(accepted, outcomes) AS r(is_accepted, outcome) WHERE r.is_accepted AND r.outcome IS NULL);
      -- The holder of a key finished in between, and the key is behind those that this call holds: begin anew.
      RAISE EXCEPTION USING ERRCODE = '55006', MESSAGE = 'a key became free';
    EXCEPTION WHEN object_in_use THEN
      NULL;
    END;
  END LOOP;

  IF outcomes IS NULL THEN
    outcomes := array_fill('inserted'::text, ARRAY[cardinality(ids)]);
  END IF;
  messages := array_fill(NULL::text, ARRAY[cardinality(ids)]);
  FOR other IN
    SELECT r.number, requests[r.number] AS request, faults[r.number] AS fault
    FROM unnest(outcomes) WITH ORDINALITY AS r(outcome, number)
    WHERE r.outcome IS NULL
    ORDER BY (requests[r.number]).unique_key COLLATE "C", (requests[r.number]).kind COLLATE "C", r.number
  LOOP
    outcomes[other.number] := 'refused';
    IF other.fault IS NOT NULL THEN
      messages[other.number] := other.fault;
      CONTINUE;
    END IF;
    BEGIN
      done := twinmill.insert_job(other.request, NULL, NULL, NULL);
      ids[other.number] := done.job_id;
      outcomes[other.number] := done.outcome;
      woken := woken || done.ready_in;
    EXCEPTION WHEN data_exception OR foreign_key_violation OR no_data_found OR object_not_in_prerequisite_state THEN
      GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
      messages[other.number] := concat_ws(' ', sqlerrm || '.', nullif(hint, ''));
    END;
  END LOOP;

  PERFORM twinmill.wake(w.queue) FROM (SELECT DISTINCT unnest(woken) AS queue) AS w WHERE w.queue IS NOT NULL;
  RETURN QUERY
  SELECT r.number, r.job_id, r.outcome, r.message
  FROM unnest(ids, outcomes, messages) WITH ORDINALITY AS r(job_id, outcome, message, number);
END $$;
COMMENT ON FUNCTION twinmill.insert_jobs(twinmill.job_request[], text[]) IS
  'Inserts many jobs; what enqueue_all and enqueue_many call';

-- A request by name, as enqueue takes it. Plain SQL, so that it costs nothing in a query over many rows.
CREATE FUNCTION twinmill.request(
  kind text, twin uuid DEFAULT NULL, arguments jsonb DEFAULT '{}', queue text DEFAULT NULL,
  priority integer DEFAULT 0, run_at timestamptz DEFAULT NULL, unique_key text DEFAULT NULL,
  max_attempts integer DEFAULT NULL, depends_on bigint[] DEFAULT NULL, on_discard text[] DEFAULT '{discard}',
  tenant text DEFAULT '', concurrency_key text DEFAULT NULL, deadline timestamptz DEFAULT NULL,
  if_waiting text DEFAULT 'keep')
RETURNS twinmill.job_request
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT ROW(kind, twin, arguments, queue, priority, run_at, unique_key, max_attempts, depends_on, on_discard, tenant,
             concurrency_key, deadline, if_waiting)::twinmill.job_request
$$;
COMMENT ON FUNCTION twinmill.request(text, uuid, jsonb, text, integer, timestamptz, text, integer, bigint[], text[], text,
  text, timestamptz, text) IS 'A job to ask for, for twinmill.enqueue_all';

CREATE FUNCTION twinmill.enqueue_all(requests twinmill.job_request[])
RETURNS TABLE (number bigint, job_id bigint, outcome text, message text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT * FROM twinmill.insert_jobs(requests, NULL) $$;
COMMENT ON FUNCTION twinmill.enqueue_all(twinmill.job_request[]) IS
  'Asks for the jobs of a query: enqueue_all(ARRAY(SELECT twinmill.request(…) FROM …)); per job: inserted, merged or '
  'replaced with job_id, or refused and why (message)';

-- Purpose: one object of enqueue_many as a request. Absent members have enqueue's defaults.
CREATE FUNCTION twinmill.read_request(job jsonb) RETURNS twinmill.job_request
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  stray text;
BEGIN
  IF jsonb_typeof(job) <> 'object' THEN
    RAISE EXCEPTION 'a job must be a JSON object, not %', jsonb_typeof(job) USING ERRCODE = '22023';
  END IF;
  SELECT key INTO stray FROM jsonb_object_keys(job) AS key WHERE key <> ALL (twinmill.request_members()) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'a job has no "%"', stray USING ERRCODE = '22023',
      HINT = 'Known: ' || array_to_string(twinmill.request_members(), ', ') || '.';
  END IF;
  IF jsonb_typeof(job -> 'depends_on') = 'number' THEN
    job := jsonb_set(job, '{depends_on}', jsonb_build_array(job -> 'depends_on'));
  END IF;
  IF jsonb_typeof(job -> 'on_discard') = 'string' THEN
    job := jsonb_set(job, '{on_discard}', jsonb_build_array(job -> 'on_discard'));
  END IF;
  IF job ->> 'twin' ~ '/' THEN
    job := jsonb_set(job, '{twin}', to_jsonb(
      twinmill.twin(split_part(job ->> 'twin', '/', 1), substring(job ->> 'twin' FROM '/(.*)$'))));
  END IF;
  RETURN jsonb_populate_record(twinmill.request(NULL), job);
END $$;
COMMENT ON FUNCTION twinmill.read_request(jsonb) IS 'A JSON object as a job to ask for; refuses unknown members';

CREATE FUNCTION twinmill.request_members() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT '{kind,twin,arguments,queue,priority,run_at,unique_key,max_attempts,depends_on,on_discard,tenant,concurrency_key,deadline,if_waiting}'::text[]
$$;
COMMENT ON FUNCTION twinmill.request_members() IS 'What a JSON object of enqueue_many may hold';

CREATE FUNCTION twinmill.enqueue_many(jobs jsonb)
RETURNS TABLE (number bigint, job_id bigint, outcome text, message text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  requests twinmill.job_request[];
  faults text[];
  is_known boolean;
  item record;
  hint text;
BEGIN
  IF jobs IS NULL OR jsonb_typeof(jobs) <> 'array' THEN
    RAISE EXCEPTION 'jobs must be a JSON array, not %', coalesce(jsonb_typeof(jobs), 'NULL') USING ERRCODE = '22023',
      HINT = 'Pass for example ''[{"kind": "prediction", "twin": "…"}]''.';
  END IF;
  BEGIN
    SELECT array_agg(jsonb_populate_record(twinmill.request(NULL), j.value)), bool_and(j.value - twinmill.request_members() = '{}')
    INTO requests, is_known
    FROM jsonb_array_elements(jobs) AS j(value);
  EXCEPTION WHEN data_exception THEN
    is_known := false;
  END;
  IF NOT is_known THEN
    requests := array_fill(NULL::twinmill.job_request, ARRAY[jsonb_array_length(jobs)]);
    FOR item IN SELECT j.value, j.number FROM jsonb_array_elements(jobs) WITH ORDINALITY AS j(value, number) LOOP
      BEGIN
        requests[item.number] := twinmill.read_request(item.value);
      EXCEPTION WHEN data_exception THEN
        GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
        faults[item.number] := concat_ws(' ', sqlerrm || '.', nullif(hint, ''));
      END;
    END LOOP;
  END IF;
  RETURN QUERY SELECT * FROM twinmill.insert_jobs(requests, faults);
END $$;
COMMENT ON FUNCTION twinmill.enqueue_many(jsonb) IS
  'Asks for many jobs at once, an array of objects with the names of enqueue''s parameters; a twin may also be given as '
  'DOMAIN/SUBJECT. Per job: inserted, merged or replaced with job_id, or refused and why (message)';

REVOKE ALL ON FUNCTION
  twinmill.insert_jobs(twinmill.job_request[], text[]),
  twinmill.request(text, uuid, jsonb, text, integer, timestamptz, text, integer, bigint[], text[], text, text,
                   timestamptz, text),
  twinmill.enqueue_all(twinmill.job_request[]), twinmill.read_request(jsonb), twinmill.request_members(),
  twinmill.enqueue_many(jsonb)
FROM PUBLIC;
