-- Makes calls of Twinmill's functions with hostile values. Call n is the same in every run on the same schema.
-- Not a part of Twinmill: HostileCallTests puts it into a schema of its own in the test's database.
CREATE SCHEMA fuzz;
GRANT USAGE ON SCHEMA fuzz TO PUBLIC;

-- A number from 0 to n - 1.
CREATE FUNCTION fuzz.pick(seed bigint, salt bigint, n bigint) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT ((hashint8extended(seed, salt) & 9223372036854775807) % n)::integer
$$;

-- Values as literals. Sane ones stand among them, so that calls get beyond the first check.
CREATE TABLE fuzz.hostile (type text PRIMARY KEY, literals text[] NOT NULL);
INSERT INTO fuzz.hostile VALUES
  ('text', ARRAY[
    'NULL', '''''', ''' ''', '''probe''', '''probe''', '''probe''', '''sweep''', '''default''', '''q1''', '''q2''',
    '''q2''', '''k1''', '''k2''', '''t1''', '''every''', '''often''', '''* * * * *''', '''*/7 3 31 2 *''', '''@daily''',
    '''60 25 * * *''', '''1-0 * * * *''', '''0 0 * * 8,MON-FRI/0''', '''Europe/Berlin''', '''EST5EDT''',
    '''Mars/Base''',
    '''skip''', '''queue_one''', '''allow''', '''latest''', '''all''', '''cancel''', '''discard''', '''sensor''',
    '''skincare''', '''goals''', '''; DROP TABLE twinmill.live_jobs; --''', '''"''', '''\''', '''%s %n $1''',
    'E''\n\t\x01\x7f''', 'E''\u202E\uFEFF\u0301''', '''🜚 наука 数''', 'repeat(''x'', 300)', 'repeat(''é'', 70000)',
    'repeat(''9'', 400)', '''pg_catalog.pg_class''', '''-1''', '''NaN''', '''null''',
    '''00000000-0000-0000-0000-000000000000''',
    '''infinity''', '''{}''', '''public''', '''no such thing''']),
  ('integer', ARRAY['NULL', '0', '1', '1', '2', '3', '5', '-1', '100', '32767', '32768', '2147483647', '-2147483648']),
  ('bigint', ARRAY['NULL', '0', '1', '2', '3', '17', '40', '99', '-1', '9223372036854775807', '-9223372036854775808']),
  ('real', ARRAY['NULL', '0', '50', '''NaN''', '''infinity''', '''-infinity''', '3e38', '1e-45', '-1']),
  ('double precision', ARRAY[
    'NULL', '0', '1', '2.5', '''NaN''', '''infinity''', '''-infinity''', '1e308', '1e-308', '5e-324', '-1']),
  ('boolean', ARRAY['NULL', 'true', 'false']),
  ('uuid', ARRAY[
    'NULL', '''00000000-0000-0000-0000-000000000000''', '''ffffffff-ffff-ffff-ffff-ffffffffffff''', 'gen_random_uuid()',
    '''11111111-1111-4111-8111-111111111111''']),
  ('timestamp with time zone', ARRAY[
    'NULL', 'now()', 'now()', 'now() + interval ''1 s''', '''infinity''', '''-infinity''', '''294276-12-31 23:59:59Z''',
    '''4713-01-01 00:00:00 BC''', '''1970-01-01''', '''2038-01-19 03:14:08Z''', 'now() + interval ''100 years''',
    '''2026-03-29 02:30 Europe/Berlin''']),
  ('interval', ARRAY[
    'NULL', '''0''', '''1 s''', '''10 ms''', '''1 day''', '''-1 day''', '''178000000 years''', '''-178000000 years''',
    '''1 month -30 days''', '''0.000001 s''', '''596523:14:07''', '''1 year 1 day''']),
  ('jsonb', ARRAY[
    'NULL', '''{}''', '''{}''', '''{"rows": 1}''', '''{"rows": 3, "sleep_ms": 1}''', '''{"fail": "on purpose"}''',
    '''{"rows": -1}''', '''{"rows": 1e400}''', '''{"rows": 1.5}''', '''{"sleep_ms": 86400001}''', '''{"rows": "1"}''',
    '''[]''', '''null''', '''"text"''', '''12345678901234567890123456789012345678901234567890''', '''true''',
    '''{"kind": "probe"}''', '''[{"kind": "probe"}, {"kind": "probe", "arguments": {"rows": 2}}]''',
    '''[{"kind": "probe", "priority": 1e99}]''', '''[{"kind": 5}]''', '''[[[[]]]]''',
    '''[{"kind": "probe", "run_at": "yesterday-ish"}]''', '''[{"kind": "probe", "depends_on": [1, -1, null]}]''',
    '''[{"kind": "probe", "unknown": {}}]''', '''{"": {"": []}}''',
    'format(''{"fail": %s}'', to_json(repeat(''y'', 100000)))::jsonb',
    'jsonb_build_object(repeat(''k'', 5000), 1)', '(repeat(''['', 2000) || repeat('']'', 2000))::jsonb',
    '(SELECT jsonb_agg(jsonb_build_object(''kind'', ''probe'', ''queue'', ''q'' || g % 3))
      FROM generate_series(1, 50) AS g)',
    '(SELECT jsonb_object_agg(g, g) FROM generate_series(1, 2000) AS g)']),
  ('regclass', ARRAY[
    'NULL', '''pg_class''', '''twinmill.live_jobs''', '''twinmill.jobs''', '''fuzz.hostile''', '''fuzz.observed''',
    '0', '4294967295']),
  ('"char"', ARRAY['NULL', '''a''']);
CREATE TABLE fuzz.observed (id uuid, subject text, value float8);

-- A value that an argument of this name takes, so that the others are looked at as well.
CREATE TABLE fuzz.sane (name text PRIMARY KEY, literals text[] NOT NULL);
INSERT INTO fuzz.sane VALUES
  ('kind', ARRAY['''probe''']), ('queue', ARRAY['''q0''', '''q1''', '''q2''', 'NULL']), ('arguments',
    ARRAY['''{"rows": 1}''']),
  ('twin', ARRAY['NULL']), ('priority', ARRAY['NULL', '0', '1']), ('cron', ARRAY['''* * * * *''']), ('domain',
    ARRAY['''sensor''']),
  ('run_at', ARRAY['NULL', 'now()']), ('max_attempts', ARRAY['NULL', '2']), ('depends_on', ARRAY['NULL', '''{}''']),
  ('on_discard', ARRAY['NULL']), ('tenant', ARRAY['NULL', '''t1''', '''t2''']), ('concurrency_key', ARRAY['NULL',
    '''k1''']),
  ('deadline', ARRAY['NULL']), ('unique_key', ARRAY['NULL', '''u1''']), ('timeout', ARRAY['''10 ms''']),
  ('time_zone', ARRAY['''UTC''']), ('name', ARRAY['''every''', '''often''']);

-- A literal of a type, for an argument or a member of this name.
CREATE FUNCTION fuzz.literal(type oid, name text, seed bigint, salt bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  known text[] := (SELECT h.literals FROM fuzz.hostile h WHERE h.type = format_type(literal.type, NULL));
  described pg_type;
  parts text[];
  sane text[] := (SELECT s.literals FROM fuzz.sane s WHERE s.name = literal.name);
BEGIN
  IF sane IS NOT NULL AND fuzz.pick(seed, salt + 7, 10) < 7
     AND (format_type(type, NULL) NOT LIKE '%[]' OR name IN ('depends_on', 'on_discard'))
  THEN
    RETURN format('(%s)::%s', sane[1 + fuzz.pick(seed, salt, cardinality(sane))], format_type(type, NULL));
  END IF;
  SELECT t.* INTO described FROM pg_type t WHERE t.oid = literal.type;
  IF known IS NOT NULL THEN
    RETURN format('(%s)::%s', known[1 + fuzz.pick(seed, salt, cardinality(known))], format_type(type, NULL));
  END IF;
  IF described.typcategory = 'A' THEN
    RETURN CASE fuzz.pick(seed, salt, 5)
      WHEN 0 THEN 'NULL' WHEN 1 THEN '''{}'''
      WHEN 2 THEN format('ARRAY[[%s], [%1$s]]', fuzz.literal(described.typelem, NULL, seed, salt + 100))
      ELSE format('ARRAY[%s, %s]', fuzz.literal(described.typelem, NULL, seed, salt + 100),
                  fuzz.literal(described.typelem, NULL, seed, salt + 101)) END || '::' || format_type(type, NULL);
  END IF;
  IF described.typtype = 'c' THEN
    IF fuzz.pick(seed, salt, 6) = 0 THEN RETURN 'NULL::' || format_type(type, NULL); END IF;
    SELECT array_agg(fuzz.literal(a.atttypid, a.attname, seed, salt + 200 + a.attnum) ORDER BY a.attnum) INTO parts
    FROM pg_attribute a WHERE a.attrelid = described.typrelid AND a.attnum > 0 AND NOT a.attisdropped;
    RETURN format('ROW(%s)::%s', array_to_string(parts, ', '), format_type(type, NULL));
  END IF;
  IF described.typtype = 'e' THEN
    RETURN (SELECT format('%L::%s', e.enumlabel, format_type(type, NULL)) FROM pg_enum e WHERE e.enumtypid = type
            ORDER BY fuzz.pick(seed, salt + e.oid::bigint, 1000000) LIMIT 1);
  END IF;
  RETURN 'NULL::' || format_type(type, NULL);
END $$;

-- The n-th call of a role. Nine in ten are of functions that the role may call.
CREATE FUNCTION fuzz.call(role text, seed bigint, OUT function text, OUT statement text) LANGUAGE plpgsql STABLE AS $$
DECLARE
  chosen pg_proc;
  given text[] := '{}';
  inputs oid[];
BEGIN
  SELECT p.* INTO chosen FROM pg_proc p
  WHERE p.pronamespace = 'twinmill'::regnamespace AND p.prokind = 'f'
    AND p.prorettype <> ALL (ARRAY['trigger'::regtype, 'event_trigger'::regtype])
  ORDER BY (fuzz.pick(seed, 1, 10) = 0 OR has_function_privilege(role, p.oid, 'EXECUTE')) DESC,
    hashint8extended(hashtextextended(p.oid::regprocedure::text, 0), seed)
  LIMIT 1;
  inputs := chosen.proargtypes::oid[];
  FOR n IN 1 .. chosen.pronargs LOOP
    -- Of the arguments with a default, half are left out.
    CONTINUE WHEN n > chosen.pronargs - chosen.pronargdefaults AND fuzz.pick(seed, 10 + n, 2) = 0
                  AND NOT (n = chosen.pronargs AND chosen.provariadic <> 0);
    given := given || format(
      '%s%s%s', CASE WHEN n = chosen.pronargs AND chosen.provariadic <> 0 THEN 'VARIADIC ' END,
      coalesce(quote_ident(nullif(chosen.proargnames[n], '')) || ' => ', ''),
      fuzz.literal(inputs[n - 1], chosen.proargnames[n], seed, 1000 * n));
  END LOOP;
  function := chosen.proname;
  statement := format('SELECT count(*) FROM twinmill.%I(%s)', chosen.proname, array_to_string(given, ', '));
END $$;
