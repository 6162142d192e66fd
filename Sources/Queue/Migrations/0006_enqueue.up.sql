-- How a job comes in: the checks that refuse a bad one at once, and the one statement that inserts.

-- What can be asked for, in the order of twinmill.enqueue's parameters. NULL: the default, except of kind and arguments.
CREATE TYPE twinmill.job_request AS (
  kind             text,
  twin             uuid,
  arguments        jsonb,
  queue            text,
  priority         integer,
  run_at           timestamptz,
  unique_key       text,
  max_attempts     integer,
  depends_on       bigint[],
  on_discard       text[],
  tenant           text,
  concurrency_key  text,
  deadline         timestamptz,
  if_waiting       text
);
COMMENT ON TYPE twinmill.job_request IS 'A job to ask for, as twinmill.request makes it and twinmill.enqueue_many takes it';

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

-- Purpose: whether check_request would refuse nothing, but for the twin's existence and for what the name of a lane says:
--          no lane has a bad queue, tenant or priority. It may say no to a good request, never yes to a bad one: whoever
--          hears no asks check_request.
-- Neither SET nor SECURITY DEFINER, so that the planner puts the body in the place of the call. Each expression is made
-- ready anew in every transaction, so the fewer the better.
CREATE FUNCTION twinmill.is_sound(known twinmill.kinds, request twinmill.job_request, asked_at timestamptz)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
  SELECT known.name IS NOT NULL
    AND jsonb_typeof(request.arguments) = 'object'
    AND coalesce(request.arguments @@ known.accepts,
                 twinmill.schema_fault(known.arguments_schema, request.arguments) IS NULL)
    AND (request.twin IS NOT NULL OR NOT known.needs_twin)
    AND (request.unique_key IS NULL OR char_length(request.unique_key) BETWEEN 1 AND 200)
    AND (request.max_attempts IS NULL OR request.max_attempts BETWEEN 1 AND 1000)
    AND (request.on_discard IS NULL OR request.on_discard = '{discard}' OR request.on_discard = '{run}')
    AND (request.concurrency_key IS NULL OR char_length(request.concurrency_key) BETWEEN 1 AND 200)
    AND (request.run_at IS NULL OR isfinite(request.run_at))
    AND (request.deadline IS NULL OR request.deadline > greatest(asked_at, request.run_at))
    AND (request.if_waiting IS NULL OR request.if_waiting = 'keep'
         OR (request.if_waiting = 'replace' AND request.unique_key IS NOT NULL AND request.depends_on IS NULL))
$$;
COMMENT ON FUNCTION twinmill.is_sound(twinmill.kinds, twinmill.job_request, timestamptz) IS
  'Whether nothing but perhaps its lane is wrong with a request at a glance';

-- Purpose: whether a lane may be named so: what is_sound leaves open. As is_sound.
CREATE FUNCTION twinmill.is_well_placed(request twinmill.job_request) RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
  SELECT (request.queue IS NULL OR request.queue ~ '^[A-Za-z0-9_.-]{1,63}$')
    AND (request.priority IS NULL OR request.priority BETWEEN -32768 AND 32767)
    AND (request.tenant IS NULL OR char_length(request.tenant) <= 200)
$$;
COMMENT ON FUNCTION twinmill.is_well_placed(twinmill.job_request) IS
  'Whether nothing is wrong with the queue, priority and tenant of a request';

-- Purpose: refuse a request that can never run. Returns the kind's row.
-- Index: kinds_pkey.  Locks: none.
CREATE FUNCTION twinmill.check_request(request twinmill.job_request, asked_at timestamptz) RETURNS twinmill.kinds
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known twinmill.kinds;
  stray text;
BEGIN
  SELECT k.* INTO known FROM twinmill.kinds k
  WHERE k.name = request.kind AND twinmill.is_sound(k, request, asked_at) AND twinmill.is_well_placed(request)
    AND (request.twin IS NULL OR twinmill.twin_exists(request.twin));
  IF FOUND THEN RETURN known; END IF;

  known := twinmill.check_job(request.kind, request.twin, request.arguments, request.queue,
                              coalesce(request.priority, 0), request.unique_key, request.max_attempts);
  SELECT o.name INTO stray FROM unnest(request.on_discard) AS o(name)
  WHERE o.name IS NULL OR o.name NOT IN ('discard', 'run') LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'on_discard must be discard or run, not %', coalesce(quote_literal(stray), 'NULL')
      USING ERRCODE = '22023',
        HINT = 'What to do when a job that it depends on is discarded or cancelled: one answer for all, or one each.';
  ELSIF cardinality(request.on_discard) NOT IN (1, coalesce(cardinality(request.depends_on), 0)) THEN
    RAISE EXCEPTION 'on_discard has % entries for % dependencies', cardinality(request.on_discard),
      coalesce(cardinality(request.depends_on), 0) USING ERRCODE = '22023',
      HINT = 'Give one for all, or one for each job of depends_on.';
  END IF;
  IF char_length(request.tenant) > 200 THEN
    RAISE EXCEPTION 'tenant must have at most 200 characters, not %', char_length(request.tenant)
      USING ERRCODE = '22023', HINT = 'Use a short name of whom the work is for, or leave it out.';
  END IF;
  IF char_length(request.concurrency_key) NOT BETWEEN 1 AND 200 THEN
    RAISE EXCEPTION 'concurrency_key must have 1 to 200 characters, not %', char_length(request.concurrency_key)
      USING ERRCODE = '22023', HINT = 'Use a short name of what the queue''s limit counts by, or leave it out.';
  END IF;
  IF NOT isfinite(request.run_at) THEN
    RAISE EXCEPTION 'run_at must be a moment, not %', request.run_at USING ERRCODE = '22023',
      HINT = 'Leave it out for now; to hold a job back, let it depend on another, or pause a queue of its own.';
  END IF;
  IF request.deadline <= greatest(asked_at, request.run_at) THEN
    RAISE EXCEPTION 'deadline % is not after %', request.deadline,
      CASE WHEN request.run_at > asked_at THEN 'run_at ' || request.run_at ELSE 'now' END USING ERRCODE = '22023',
      HINT = 'A job is discarded at its deadline: give it time to run, or leave it out.';
  END IF;
  IF request.if_waiting NOT IN ('keep', 'replace') THEN
    RAISE EXCEPTION 'if_waiting must be keep or replace, not %', quote_literal(request.if_waiting)
      USING ERRCODE = '22023', HINT = 'It says what becomes of a waiting job with the same kind and unique_key.';
  ELSIF request.if_waiting = 'replace' AND request.unique_key IS NULL THEN
    RAISE EXCEPTION 'if_waiting => ''replace'' needs a unique_key' USING ERRCODE = '22023',
      HINT = 'The key names the waiting job to replace.';
  ELSIF request.if_waiting = 'replace' AND cardinality(request.depends_on) > 0 THEN
    RAISE EXCEPTION 'if_waiting => ''replace'' cannot be combined with depends_on' USING ERRCODE = '22023',
      HINT = 'A replaced job keeps what it depends on.';
  END IF;
  IF cardinality(request.depends_on) > 1000 THEN
    RAISE EXCEPTION 'a job can depend on at most 1000 others, not on %', cardinality(request.depends_on)
      USING ERRCODE = '22023', HINT = 'Let jobs in between each wait for a part of them.';
  END IF;
  RETURN known;
END $$;
COMMENT ON FUNCTION twinmill.check_request(twinmill.job_request, timestamptz) IS
  'Refuses what can never run; returns the kind';

-- Purpose: the jobs that a request must wait for, in the order given. Those that have finished are done with, or forbid
--          the request. A job that is neither live nor in the history is refused, also if it finished before the
--          history's retention: nobody can say how it ended.
-- Index: jobs_pkey, job_history_job.  Locks: none: what finishes until the commit is settled then (settle_dependency).
CREATE FUNCTION twinmill.unfinished_dependencies(
  request twinmill.job_request, OUT job_ids bigint[], OUT rules text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  edge record;
BEGIN
  job_ids := '{}';
  rules := '{}';
  FOR edge IN
    -- One snapshot: a job is live or in the history, never both.
    SELECT g.job_id, EXISTS (SELECT FROM twinmill.live_jobs j WHERE j.job_id = g.job_id) AS is_live,
           (SELECT h.state FROM twinmill.job_history h WHERE h.job_id = g.job_id) AS ended,
           coalesce(request.on_discard[least(g.place, cardinality(request.on_discard))], 'discard') AS rule
    FROM (SELECT d.job_id, min(d.place) AS place FROM unnest(request.depends_on) WITH ORDINALITY AS d(job_id, place)
          GROUP BY d.job_id) AS g
    ORDER BY g.place
  LOOP
    IF edge.is_live THEN
      job_ids := job_ids || edge.job_id;
      rules := rules || edge.rule;
    ELSIF edge.ended IS NULL THEN
      RAISE EXCEPTION 'no job % to depend on', coalesce(edge.job_id::text, 'NULL') USING ERRCODE = 'P0002',
        HINT = 'Was its enqueue committed, is it past the history''s retention? Leave it out if it is known to be done.';
    ELSIF edge.ended <> 'completed' AND edge.rule = 'discard' THEN
      RAISE EXCEPTION 'job %, to depend on, is %', edge.job_id, edge.ended USING ERRCODE = '55000',
        HINT = 'Retry it and depend on the new job, or pass on_discard => ''{run}'' to run all the same.';
    END IF;
  END LOOP;
END $$;
COMMENT ON FUNCTION twinmill.unfinished_dependencies(twinmill.job_request) IS
  'The jobs that a request must wait for; refuses unknown ones, and discarded ones unless it runs all the same';

-- Purpose: give a job that waits what was asked for instead: debounce. It keeps its id, its attempts, what it depends
--          on, and its time unless a new one is given. outcome NULL: the job is gone.
-- Index: jobs_pkey.  Locks: the job's row; waits for whoever ends or releases it.  Rows: one.
CREATE FUNCTION twinmill.replace_job(
  job_id bigint, request twinmill.job_request, new_lane integer, queue text, max_attempts integer,
  OUT outcome text, OUT ready_in text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  now_is timestamptz := clock_timestamp();
  new_state twinmill.job_state;
BEGIN
  PERFORM FROM twinmill.live_jobs j WHERE j.job_id = replace_job.job_id FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  -- Statement by statement: what a claim made while it held the row is seen only by the next one.
  IF EXISTS (SELECT FROM twinmill.claims c WHERE replace_job.job_id = ANY (c.job_ids)) THEN
    -- Undone with the lock: the end of a running job must not wait for the caller's transaction.
    RAISE EXCEPTION USING ERRCODE = '55006', MESSAGE = 'it runs';
  END IF;
  UPDATE twinmill.live_jobs j
  SET twin_id = request.twin, arguments = request.arguments, lane = new_lane,
      max_attempts = replace_job.max_attempts, deadline = request.deadline,
      concurrency_key = request.concurrency_key, requested_by = session_user,
      run_at = coalesce(request.run_at, j.run_at),
      state = CASE WHEN j.waits_for > 0 THEN 'blocked'
                   WHEN coalesce(request.run_at, j.run_at) > now_is THEN 'scheduled'
                   ELSE 'ready' END::twinmill.job_state,
      -- A job that becomes ready, or comes to another lane, takes a new place: its old one may be behind a cursor.
      turn = CASE WHEN j.waits_for > 0 OR coalesce(request.run_at, j.run_at) > now_is THEN NULL
                  WHEN j.state = 'ready' AND j.lane = new_lane THEN j.turn
                  ELSE nextval('twinmill.turns') END
  WHERE j.job_id = replace_job.job_id
  RETURNING j.state INTO new_state;
  outcome := 'replaced';
  IF new_state = 'ready' THEN ready_in := replace_job.queue; END IF;
EXCEPTION WHEN object_in_use THEN
  outcome := 'merged';
END $$;
COMMENT ON FUNCTION twinmill.replace_job(bigint, twinmill.job_request, integer, text, integer) IS
  'Replaces a waiting job by a checked request; merged: it runs already and is left alone';

-- Purpose: where a request goes: its lane, queue and attempts, if there is such a lane and nothing is wrong at a glance
--          (but that the twin may not exist).
--          The planner puts the body in the place of the call.
-- Index: kinds_pkey, lanes_by_name.  Locks: none.  Rows: one, or none.
CREATE FUNCTION twinmill.admit(request twinmill.job_request, asked_at timestamptz)
RETURNS TABLE (lane integer, queue text, max_attempts integer)
LANGUAGE sql STABLE
AS $$
  SELECT l.lane, coalesce(request.queue, k.queue), coalesce(request.max_attempts, k.max_attempts)
  FROM twinmill.kinds k, LATERAL (
    SELECT l.lane FROM twinmill.lanes l
    WHERE l.queue = coalesce(request.queue, k.queue) AND l.kind = k.name AND l.tenant = coalesce(request.tenant, '')
      AND l.priority = coalesce(request.priority, 0)
    ORDER BY l.lane LIMIT 1
  ) AS l
  WHERE k.name = request.kind AND twinmill.is_sound(k, request, asked_at)
$$;
COMMENT ON FUNCTION twinmill.admit(twinmill.job_request, timestamptz) IS
  'Lane, queue and attempts of a request that is acceptable at a glance';

-- Purpose: the one place where a single job comes into being. Nearly always two statements do it all: one finds kind
--          and lane and what is wrong, one inserts. The caller wakes the queue `ready_in`.
-- Index: kinds_pkey, lanes_by_name, jobs_unique as arbiter.  Locks: the new row; waits for a concurrent insert of the
-- same key.  Rows: one.
-- Most of what a call costs the server is making expressions ready, anew in each transaction: few variables, few
-- expressions, plain parameters, as taking a composite apart costs a tenth of a call. No SET: the callers pin the search
-- path. One statement for both is no faster, as RETURNING has to look for the queue again. ON CONFLICT stands only where
-- there is a key: it costs a record of WAL, 48 of 321 bytes a job.
CREATE FUNCTION twinmill.insert_job(
  kind text, twin uuid, arguments jsonb, queue text, priority integer, run_at timestamptz, unique_key text,
  max_attempts integer, depends_on bigint[], on_discard text[], tenant text, concurrency_key text,
  deadline timestamptz, if_waiting text, schedule text, tick timestamptz, retry_of bigint,
  OUT job_id bigint, OUT outcome text, OUT ready_in text)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
  asked_at timestamptz := clock_timestamp();
  -- The transaction takes its number before the job takes its id: a claim cursor may pass every id that was taken
  -- before the oldest open transaction began.
  transaction xid8 := pg_current_xact_id();
  home_lane integer;
  home text;
  attempts integer;
  request twinmill.job_request;
  known twinmill.kinds;
  edges record;
  unfinished integer;
BEGIN
  SELECT a.lane, a.queue, a.max_attempts INTO home_lane, home, attempts
  FROM twinmill.admit(
    ROW(insert_job.kind, insert_job.twin, insert_job.arguments, insert_job.queue, insert_job.priority,
        insert_job.run_at, insert_job.unique_key, insert_job.max_attempts, insert_job.depends_on,
        insert_job.on_discard, insert_job.tenant, insert_job.concurrency_key, insert_job.deadline,
        insert_job.if_waiting)::twinmill.job_request, asked_at) AS a;
  IF NOT FOUND OR depends_on IS NOT NULL OR (twin IS NOT NULL AND NOT twinmill.twin_exists(twin)) THEN
    -- Refused, the first of its lane, or more to look at.
    request := ROW(kind, twin, arguments, queue, priority, run_at, unique_key, max_attempts, depends_on, on_discard,
                   tenant, concurrency_key, deadline, if_waiting);
    known := twinmill.check_request(request, asked_at);
    home := coalesce(queue, known.queue);
    attempts := coalesce(max_attempts, known.max_attempts);
    home_lane := twinmill.lane(home, known.name, coalesce(tenant, ''), coalesce(priority, 0));
    IF cardinality(depends_on) > 0 THEN
      edges := twinmill.unfinished_dependencies(request);
      unfinished := cardinality(edges.job_ids);
    END IF;
  END IF;

  IF unique_key IS NULL THEN
    INSERT INTO twinmill.live_jobs AS j
      (state, lane, max_attempts, kind, twin_id, concurrency_key, arguments, run_at, deadline, waits_for, requested_by,
       schedule, tick, retry_of)
    VALUES
      (CASE WHEN unfinished > 0 THEN 'blocked' WHEN insert_job.run_at > asked_at THEN 'scheduled' ELSE 'ready'
            END::twinmill.job_state,
       home_lane, attempts, insert_job.kind, insert_job.twin, insert_job.concurrency_key, insert_job.arguments,
       coalesce(insert_job.run_at, asked_at), insert_job.deadline, coalesce(unfinished, 0), session_user,
       insert_job.schedule, insert_job.tick, insert_job.retry_of)
    RETURNING j.job_id, CASE WHEN j.state = 'ready' THEN home END INTO job_id, ready_in;
  ELSE
    LOOP
      INSERT INTO twinmill.live_jobs AS j
        (state, lane, max_attempts, kind, twin_id, unique_key, concurrency_key, arguments, run_at, deadline, waits_for,
         requested_by, schedule, tick, retry_of)
      VALUES
        (CASE WHEN unfinished > 0 THEN 'blocked' WHEN insert_job.run_at > asked_at THEN 'scheduled' ELSE 'ready'
              END::twinmill.job_state,
         home_lane, attempts, insert_job.kind, insert_job.twin, insert_job.unique_key, insert_job.concurrency_key,
         insert_job.arguments, coalesce(insert_job.run_at, asked_at), insert_job.deadline, coalesce(unfinished, 0),
         session_user, insert_job.schedule, insert_job.tick, insert_job.retry_of)
      ON CONFLICT (kind, unique_key) WHERE unique_key IS NOT NULL DO NOTHING
      RETURNING j.job_id, CASE WHEN j.state = 'ready' THEN home END INTO job_id, ready_in;
      EXIT WHEN FOUND;
      SELECT j.job_id INTO job_id FROM twinmill.live_jobs j
      WHERE j.kind = insert_job.kind AND j.unique_key = insert_job.unique_key;
      -- Not found: it has finished meanwhile, and the key is free again.
      IF FOUND THEN
        outcome := 'merged';
        -- A look before the lock: who only asks for what runs already needs none.
        IF if_waiting = 'replace'
           AND NOT EXISTS (SELECT FROM twinmill.claims c WHERE insert_job.job_id = ANY (c.job_ids)) THEN
          request := ROW(kind, twin, arguments, queue, priority, run_at, unique_key, max_attempts, depends_on,
                         on_discard, tenant, concurrency_key, deadline, if_waiting);
          SELECT r.outcome, r.ready_in INTO outcome, ready_in
          FROM twinmill.replace_job(insert_job.job_id, request, home_lane, home, attempts) AS r;
        END IF;
        IF outcome IS NOT NULL THEN RETURN; END IF;
      END IF;
    END LOOP;
  END IF;

  outcome := 'inserted';
  IF unfinished > 0 THEN
    -- By id, as jobs are ended: at commit each of them is locked in this order (settle_dependency).
    INSERT INTO twinmill.dependencies (depends_on, job_id, on_discard)
    SELECT e.depends_on, insert_job.job_id, e.on_discard
    FROM unnest(edges.job_ids, edges.rules) AS e(depends_on, on_discard) ORDER BY e.depends_on;
  END IF;
END $$;
COMMENT ON FUNCTION twinmill.insert_job(
  text, uuid, jsonb, text, integer, timestamptz, text, integer, bigint[], text[], text, text, timestamptz, text, text,
  timestamptz, bigint) IS 'Inserts a job, or names or replaces the unfinished job that holds its unique key';

-- As insert_job, for those who have the request in one piece.
CREATE FUNCTION twinmill.insert_request(
  request twinmill.job_request, OUT job_id bigint, OUT outcome text, OUT ready_in text)
LANGUAGE plpgsql
AS $$
BEGIN
  SELECT i.* INTO job_id, outcome, ready_in
  FROM twinmill.insert_job(
    request.kind, request.twin, request.arguments, request.queue, request.priority, request.run_at,
    request.unique_key, request.max_attempts, request.depends_on, request.on_discard, request.tenant,
    request.concurrency_key, request.deadline, request.if_waiting, NULL, NULL, NULL) AS i;
END $$;
COMMENT ON FUNCTION twinmill.insert_request(twinmill.job_request) IS 'insert_job of a request';

CREATE FUNCTION twinmill.enqueue(
  kind text, twin uuid DEFAULT NULL, arguments jsonb DEFAULT '{}', queue text DEFAULT NULL,
  priority integer DEFAULT 0, run_at timestamptz DEFAULT NULL, unique_key text DEFAULT NULL,
  max_attempts integer DEFAULT NULL, depends_on bigint[] DEFAULT NULL, on_discard text[] DEFAULT '{discard}',
  tenant text DEFAULT '', concurrency_key text DEFAULT NULL, deadline timestamptz DEFAULT NULL,
  if_waiting text DEFAULT 'keep',
  OUT job_id bigint, OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  done record := twinmill.insert_job(
    kind, twin, arguments, queue, priority, run_at, unique_key, max_attempts, depends_on, on_discard, tenant,
    concurrency_key, deadline, if_waiting, NULL, NULL, NULL);
BEGIN
  IF done.ready_in IS NOT NULL THEN PERFORM twinmill.wake(done.ready_in); END IF;
  job_id := done.job_id;
  outcome := done.outcome;
END $$;
COMMENT ON FUNCTION twinmill.enqueue(text, uuid, jsonb, text, integer, timestamptz, text, integer, bigint[], text[],
  text, text, timestamptz, text) IS
  'Asks for a job. outcome: inserted; merged: job_id is the unfinished job with the same kind and unique_key; '
  'replaced: job_id waited with that key, and has the new arguments (if_waiting => ''replace'')';

-- The scheduler's door: as enqueue, with the tick that asked.
CREATE FUNCTION twinmill.enqueue_tick(
  schedule text, tick timestamptz, kind text, twin uuid, arguments jsonb, queue text, priority integer,
  run_at timestamptz, unique_key text, OUT job_id bigint, OUT outcome text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  done record := twinmill.insert_job(
    kind, twin, arguments, queue, priority, run_at, unique_key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, schedule,
    tick, NULL);
BEGIN
  IF done.ready_in IS NOT NULL THEN PERFORM twinmill.wake(done.ready_in); END IF;
  job_id := done.job_id;
  outcome := done.outcome;
END $$;
COMMENT ON FUNCTION twinmill.enqueue_tick(text, timestamptz, text, uuid, jsonb, text, integer, timestamptz, text) IS
  'Enqueues a planned instant of a schedule; the scheduler calls it';

REVOKE ALL ON FUNCTION
  twinmill.check_job(text, uuid, jsonb, text, integer, text, integer),
  twinmill.is_sound(twinmill.kinds, twinmill.job_request, timestamptz),
  twinmill.is_well_placed(twinmill.job_request),
  twinmill.check_request(twinmill.job_request, timestamptz),
  twinmill.unfinished_dependencies(twinmill.job_request),
  twinmill.replace_job(bigint, twinmill.job_request, integer, text, integer),
  twinmill.admit(twinmill.job_request, timestamptz),
  twinmill.insert_job(
    text, uuid, jsonb, text, integer, timestamptz, text, integer, bigint[], text[], text, text, timestamptz, text,
    text, timestamptz, bigint),
  twinmill.insert_request(twinmill.job_request),
  twinmill.enqueue(text, uuid, jsonb, text, integer, timestamptz, text, integer, bigint[], text[], text, text,
                   timestamptz, text),
  twinmill.enqueue_tick(text, timestamptz, text, uuid, jsonb, text, integer, timestamptz, text)
FROM PUBLIC;
