-- Purpose: returns the fault of a value by a JSON schema, in words, or NULL if there is none.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- It understands type, enum, properties, required, additionalProperties, items, minItems, maxItems, minimum, maximum,
-- minLength and maxLength.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.schema_fault(schema jsonb, value jsonb, path text DEFAULT '')
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
COMMENT ON FUNCTION twinmill.schema_fault(jsonb, jsonb, text) IS
  'The fault of a value by a JSON schema, in words; NULL: none';
