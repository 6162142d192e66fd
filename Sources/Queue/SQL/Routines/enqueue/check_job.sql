-- Purpose: refuses a job that can never run. The error names the object and the remedy. Returns the row of the kind.
-- Index:   kinds_pkey.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.check_job(
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
  IF pg_column_size(arguments) > known.arguments_limit THEN
    RAISE EXCEPTION 'arguments of kind % take % bytes, at most % are allowed', quote_literal(kind),
      pg_column_size(arguments), known.arguments_limit USING ERRCODE = '22023', HINT = format(
        'Keep the data in a table of yours and pass its key; operators raise the limit: '
          'SELECT twinmill.limit_arguments(%L, %s);',
        kind, pg_column_size(arguments));
  END IF;
  IF known.is_for_operators AND NOT has_function_privilege(session_user, 'twinmill.may_probe()', 'EXECUTE') THEN
    RAISE EXCEPTION 'kind % is for operators, and role % is none', quote_literal(kind), quote_ident(session_user)
      USING ERRCODE = '42501', HINT = format(
        'GRANT twinmill_operate TO %1$I; or, for this alone: GRANT EXECUTE ON FUNCTION twinmill.may_probe() TO %1$I;',
        session_user);
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
  'Refuses a job that can never run: unknown kind or twin, bad arguments, values out of range';
