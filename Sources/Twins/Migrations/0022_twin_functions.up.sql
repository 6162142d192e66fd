-- Purpose: what people call from psql about twins: the twin of a subject, tying existing twins to a domain,
--   recomputing a twin; the list of the domains that this installation knows; and what domains read JSON with.
-- Index relied on: twinmill_twins_domain_subject. Locks: rows only. Expected rows: none.
CREATE TABLE twinmill.domains (
  name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]*$'),
  summary text NOT NULL,
  definition text NOT NULL,
  registered_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE twinmill.domains IS
  'Domains that this installation knows, written by the program from its embedded definitions (YAML).';

CREATE FUNCTION twinmill.check_domain(domain text) RETURNS void
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
  IF check_domain.domain IS NULL OR check_domain.domain !~ '^[a-z][a-z0-9_]*$' THEN
    RAISE EXCEPTION '% is not a domain name', coalesce(quote_literal(check_domain.domain), 'NULL')
      USING ERRCODE = 'invalid_parameter_value',
        HINT = 'Domain names are lower-case letters, digits and underscores; see SELECT name FROM twinmill.domains.';
  END IF;
  -- An empty list means that the program never registered its domains: then nothing is known to be wrong.
  IF NOT EXISTS (SELECT FROM twinmill.domains d WHERE d.name = check_domain.domain)
    AND EXISTS (SELECT FROM twinmill.domains)
  THEN
    RAISE EXCEPTION 'unknown domain "%"', check_domain.domain
      USING ERRCODE = 'invalid_parameter_value',
        HINT = format('Known domains: %s.', (SELECT string_agg(d.name, ', ' ORDER BY d.name) FROM twinmill.domains d));
  END IF;
END
$function$;
COMMENT ON FUNCTION twinmill.check_domain(text) IS 'Refuses a domain name that is malformed or unknown here (22023).';
REVOKE EXECUTE ON FUNCTION twinmill.check_domain(text) FROM PUBLIC;

CREATE FUNCTION twinmill.twin(domain text, subject text) RETURNS uuid
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
  found_id uuid;
  missing_column text;
BEGIN
  PERFORM twinmill.check_domain(twin.domain);
  IF twin.subject IS NULL OR twin.subject !~ '\S' THEN
    RAISE EXCEPTION 'a twin needs a subject, such as a user id or a sensor name'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'SELECT twinmill.twin(domain => ''sensor'', subject => ''boiler 1'');';
  END IF;
  IF char_length(twin.subject) > 500 THEN
    RAISE EXCEPTION 'subject must have at most 500 characters, not %', char_length(twin.subject)
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Use the name that the domain knows it by, not a description.';
  END IF;
  -- Two sessions may create the same twin: one inserts, the other waits for it and finds it in the next round. A
  -- third round is only needed when somebody deletes the twin in between.
  LOOP
    SELECT t.id INTO found_id
    FROM @twins@.user_digital_twins t
    WHERE t.domain = twin.domain AND t.subject = twin.subject;
    IF FOUND THEN
      RETURN found_id;
    END IF;
    BEGIN
      INSERT INTO @twins@.user_digital_twins (id, created_at, updated_at, status, domain, subject)
      VALUES (gen_random_uuid(), now(), now(), 'active', twin.domain, twin.subject)
      ON CONFLICT (domain, subject) DO NOTHING
      RETURNING id INTO found_id;
    EXCEPTION WHEN not_null_violation THEN
      GET STACKED DIAGNOSTICS missing_column = COLUMN_NAME;
      RAISE EXCEPTION 'the application that owns %.user_digital_twins requires %: Twinmill cannot create the twin',
          $name$@twins@$name$, missing_column
        USING ERRCODE = 'not_null_violation',
          HINT = format(
            'Create the twin through the application, then tie it to its subject: SELECT twinmill.register_twins(%L);',
            twin.domain);
    END;
    IF found_id IS NOT NULL THEN
      RETURN found_id;
    END IF;
  END LOOP;
END
$function$;
COMMENT ON FUNCTION twinmill.twin(text, text) IS
  'The id of the twin of this subject in this domain; created when there is none.';
REVOKE EXECUTE ON FUNCTION twinmill.twin(text, text) FROM PUBLIC;

CREATE FUNCTION twinmill.register_twins(domain text) RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
  registered bigint;
BEGIN
  PERFORM twinmill.check_domain(register_twins.domain);
  -- A user's first twin is the user's; further ones have no unique name in the application and get their id added.
  WITH untied AS MATERIALIZED (
    SELECT
      t.id,
      t.user_id::text AS person,
      row_number() OVER (PARTITION BY t.user_id ORDER BY t.created_at, t.id) = 1
        AND NOT EXISTS (
          SELECT
          FROM @twins@.user_digital_twins taken
          WHERE taken.domain = register_twins.domain AND taken.subject = t.user_id::text
        ) AS is_first
    FROM @twins@.user_digital_twins t
    WHERE t.domain IS NULL AND t.user_id IS NOT NULL
  ), tied AS (
    UPDATE @twins@.user_digital_twins t
    SET domain = register_twins.domain,
      subject = CASE WHEN u.is_first THEN u.person ELSE u.person || '/' || u.id END
    FROM untied u
    WHERE t.id = u.id AND t.domain IS NULL
    RETURNING t.id
  ), marked AS (
    -- Their history was written before they had a domain: the next sweep must see them.
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT id, 'register_twins' FROM tied
  )
  SELECT count(*) INTO registered FROM tied;
  RETURN registered;
END
$function$;
COMMENT ON FUNCTION twinmill.register_twins(text) IS
  'Ties the twins of an application that have no domain yet to this domain (subject = user_id) and marks them dirty; returns how many.';
REVOKE EXECUTE ON FUNCTION twinmill.register_twins(text) FROM PUBLIC;

-- Purpose: everything that is recomputed on change for one twin, as a chain: each kind waits for the kinds whose
--   results it reads. What it reads may be discarded: it then runs on the results that are there.
-- Index relied on: jobs_unique (in enqueue). Locks: the new jobs. Rows: one per kind.
CREATE FUNCTION twinmill.recompute(twin uuid) RETURNS TABLE (kind text, job_id bigint, outcome text)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
  wanted text[] := ARRAY(SELECT k.name FROM twinmill.kinds k WHERE k.recomputes_on_change ORDER BY k.name);
  asked jsonb := '{}';
  before bigint[];
BEGIN
  IF recompute.twin IS NULL OR NOT twinmill.twin_exists(recompute.twin) THEN
    RAISE EXCEPTION 'there is no twin %', coalesce(recompute.twin::text, 'NULL')
      USING ERRCODE = 'foreign_key_violation',
        HINT = 'SELECT twinmill.twin(domain => …, subject => …) gives the id of a subject''s twin.';
  END IF;
  WHILE cardinality(wanted) > 0 LOOP
    -- The first kind that follows none of those still to come. Kinds that follow each other in a circle wait for none.
    SELECT k.name, ARRAY(SELECT (asked ->> f)::bigint FROM unnest(k.follows) AS f WHERE asked ? f)
    INTO STRICT kind, before
    FROM twinmill.kinds k
    WHERE k.name = ANY (wanted)
    ORDER BY k.follows && array_remove(wanted, k.name), k.name LIMIT 1;
    SELECT e.job_id, e.outcome INTO job_id, outcome
    FROM twinmill.enqueue(kind => kind, twin => recompute.twin, unique_key => recompute.twin::text,
                          depends_on => before, on_discard => '{run}') AS e;
    asked := asked || jsonb_build_object(kind, job_id);
    wanted := array_remove(wanted, kind);
    RETURN NEXT;
  END LOOP;
END
$function$;
COMMENT ON FUNCTION twinmill.recompute(uuid) IS
  'Enqueues every kind that is recomputed on change for the twin, each after those whose results it reads; a waiting or running job of the same twin is not doubled (merged).';
REVOKE EXECUTE ON FUNCTION twinmill.recompute(uuid) FROM PUBLIC;

CREATE FUNCTION twinmill.readable_json(document json) RETURNS json
LANGUAGE plpgsql
IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
-- The type json keeps escapes as written; \u0000 and half surrogates only fail when a key or a text is taken out.
BEGIN
  PERFORM document::jsonb;
  RETURN document;
EXCEPTION WHEN untranslatable_character OR invalid_text_representation OR program_limit_exceeded
    OR numeric_value_out_of_range THEN
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION twinmill.readable_json(json) IS
  'The document, or NULL when it holds escapes that cannot become text; asked only for documents with \u escapes.';
REVOKE EXECUTE ON FUNCTION twinmill.readable_json(json) FROM PUBLIC;
