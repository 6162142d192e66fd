-- Purpose: turns a JSON schema into a jsonpath predicate. The server evaluates it in two or three microseconds;
--          schema_fault takes twenty to a hundred. NULL: the schema has no such form, and schema_fault must decide.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Callers use it in strict mode. Each comparison stands behind a test of its type, because an unknown result would not
-- count as a fault.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.schema_predicate(schema jsonb, path text DEFAULT '$') RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  types text[];
  clauses text[] := '{}';
  nested text;
  choices text;
  others text := '';
  rule record;
  member record;
BEGIN
  IF jsonb_typeof(schema) <> 'object' THEN RETURN NULL; END IF;
  FOR rule IN
    SELECT k.name, k.type, schema -> k.name AS value
    FROM (VALUES
      ('minimum', 'number'), ('maximum', 'number'), ('minLength', 'number'), ('maxLength', 'number'),
      ('minItems', 'number'), ('maxItems', 'number'), ('enum', 'array'), ('required', 'array'),
      ('properties', 'object')) AS k(name, type)
    WHERE schema ? k.name
  LOOP
    -- A regular expression counts to 255.
    IF jsonb_typeof(rule.value) <> rule.type
       OR (rule.name ~ 'Items$' AND rule.value::text !~ '^[0-9]{1,9}$')
       OR (rule.name ~ 'Length$' AND NOT (rule.value::text ~ '^[0-9]{1,3}$' AND rule.value <= '255')) THEN
      RETURN NULL;
    END IF;
  END LOOP;

  IF schema ? 'type' THEN
    types := ARRAY(
      SELECT jsonb_array_elements_text(CASE jsonb_typeof(schema -> 'type') WHEN 'array' THEN schema -> 'type'
                                            ELSE jsonb_build_array(schema -> 'type') END));
    IF types = '{}' THEN RETURN NULL; END IF;
    clauses := clauses || (
      SELECT string_agg(CASE t.name
        WHEN 'integer' THEN format('(%1$s.type() == "number" && %1$s %% 1 == 0)', path)
        ELSE format('%s.type() == %s', path, to_jsonb(t.name)) END, ' || ')
      FROM unnest(types) AS t(name));
    types := array_replace(types, 'integer', 'number');
  END IF;
  IF schema ? 'enum' THEN
    -- NULL for lists and objects, which jsonpath does not compare.
    SELECT CASE WHEN count(*) = count(e.test) THEN string_agg(e.test, ' || ') END INTO nested
    FROM (SELECT CASE
            WHEN jsonb_typeof(value) IN ('string', 'number', 'boolean')
              THEN format('(%1$s.type() == "%2$s" && %1$s == %3$s)', path, jsonb_typeof(value), value)
            WHEN jsonb_typeof(value) = 'null' THEN format('%s.type() == "null"', path) END AS test
          FROM jsonb_array_elements(schema -> 'enum')) AS e;
    IF nested IS NULL THEN RETURN NULL; END IF;
    clauses := clauses || nested;
  END IF;

  -- The conditions on the members of an object.
  FOR member IN SELECT key, value FROM jsonb_each(schema -> 'properties') LOOP
    nested := twinmill.schema_predicate(member.value, '@.value');
    IF nested IS NULL THEN RETURN NULL; END IF;
    choices := concat_ws(' || ', choices, format('(@.key == %s && %s)', to_jsonb(member.key), nested));
    others := others || format(' && @.key != %s', to_jsonb(member.key));
  END LOOP;
  IF schema -> 'additionalProperties' IS DISTINCT FROM 'false' THEN
    choices := CASE WHEN choices IS NULL THEN 'exists(@)' ELSE format('%s || (exists(@)%s)', choices, others) END;
  END IF;
  IF schema ? 'items' THEN
    nested := twinmill.schema_predicate(schema -> 'items', '@');
    IF nested IS NULL THEN RETURN NULL; END IF;
  END IF;

  FOR rule IN
    SELECT k.type, k.test
    FROM (
      VALUES
        ('number', path || ' >= ' || (schema ->> 'minimum')),
        ('number', path || ' <= ' || (schema ->> 'maximum')),
        ('string', CASE WHEN schema ?| '{minLength,maxLength}' THEN format('%s like_regex "^.{%s,%s}$" flag "s"',
            path, coalesce(schema ->> 'minLength', '0'), schema ->> 'maxLength') END),
        ('array', path || '.size() >= ' || (schema ->> 'minItems')),
        ('array', path || '.size() <= ' || (schema ->> 'maxItems')),
        ('array', CASE WHEN schema ? 'items' THEN format('!exists(%s[*] ? (!%s))', path, nested) END),
        ('object', CASE WHEN choices IS NULL THEN format('!exists(%s.keyvalue())', path)
                        WHEN choices <> 'exists(@)' THEN format('!exists(%s.keyvalue() ? (!(%s)))', path, choices) END)
      UNION ALL
      SELECT 'object', format('exists(%s.keyvalue() ? (@.key == %s))', path, to_jsonb(name))
      FROM jsonb_array_elements_text(schema -> 'required') AS name
    ) AS k(type, test)
    WHERE k.test IS NOT NULL AND (types IS NULL OR k.type = ANY (types))
  LOOP
    clauses := clauses || (CASE WHEN types = ARRAY[rule.type] THEN '' ELSE format('%s.type() != "%s" || ', path, rule.type)
                           END || rule.test);
  END LOOP;
  IF clauses = '{}' THEN RETURN format('(exists(%s))', path); END IF;
  RETURN '((' || array_to_string(clauses, ') && (') || '))';
END $$;
COMMENT ON FUNCTION twinmill.schema_predicate(jsonb, text) IS
  'A JSON schema as a jsonpath predicate for strict mode; NULL: it has no such form';
