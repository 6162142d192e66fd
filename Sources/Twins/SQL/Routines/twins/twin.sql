-- Purpose: returns the id of a subject's twin, and makes the twin if it is new. It replaces the queue's stub.
-- Index:   twinmill_twins_domain_subject.
-- Locks:   a new row.
-- Rows:    one.
-- Grant:   twinmill_worker, twinmill_enqueue
CREATE OR REPLACE FUNCTION twinmill.twin(domain text, subject text) RETURNS uuid
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
  IF twin.subject IS NULL OR twin.subject !~ '[^[:space:]]' THEN
    RAISE EXCEPTION 'a twin needs a subject, such as a user id or a sensor name'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'SELECT twinmill.twin(domain => ''sensor'', subject => ''boiler 1'');';
  END IF;
  IF char_length(twin.subject) > 500 THEN
    RAISE EXCEPTION 'subject must have at most 500 characters, not %', char_length(twin.subject)
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Use the name that the domain knows it by, not a description.';
  END IF;
  -- Two sessions may create the same twin. One inserts it; the other waits and finds it in the next round. A third
  -- round is needed only if another session deletes the twin meanwhile.
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
  'The id of the twin of this subject in this domain; makes the twin if there is none';
