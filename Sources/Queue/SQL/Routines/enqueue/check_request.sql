-- Purpose: refuses a request that can never run. Returns the row of the kind.
-- Index:   kinds_pkey.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.check_request(request twinmill.job_request, asked_at timestamptz) RETURNS twinmill.kinds
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known twinmill.kinds;
  unknown text;
BEGIN
  SELECT k.* INTO known FROM twinmill.kinds k
  WHERE k.name = request.kind AND twinmill.is_valid(k, request, asked_at) AND twinmill.has_valid_lane(request)
    AND (request.twin IS NULL OR twinmill.twin_exists(request.twin));
  IF FOUND THEN RETURN known; END IF;

  known := twinmill.check_job(request.kind, request.twin, request.arguments, request.queue,
                              coalesce(request.priority, 0), request.unique_key, request.max_attempts);
  SELECT o.name INTO unknown FROM unnest(request.on_discard) AS o(name)
  WHERE o.name IS NULL OR o.name NOT IN ('discard', 'run') LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'on_discard must be discard or run, not %', coalesce(quote_literal(unknown), 'NULL')
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
  'Refuses a request that can never run; returns its kind';
