-- Purpose: makes a twin, with a mark, for each of these subjects that has none.
-- Index:   twinmill_twins_domain_subject.
-- Locks:   the new rows.
-- Rows:    one: the number of new twins.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.register_subjects(domain text, subjects text[]) RETURNS bigint
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  registered bigint;
BEGIN
  WITH missing AS (
    SELECT DISTINCT s.subject
    FROM unnest(subjects) AS s (subject)
    WHERE s.subject ~ '[^[:space:]]'
      AND NOT EXISTS (
        SELECT
        FROM @twins@.user_digital_twins t
        WHERE t.domain = register_subjects.domain AND t.subject = s.subject
      )
  ), created AS (
    INSERT INTO @twins@.user_digital_twins (id, created_at, updated_at, status, domain, subject)
    SELECT gen_random_uuid(), now(), now(), 'active', register_subjects.domain, m.subject
    FROM missing m
    ORDER BY m.subject
    ON CONFLICT DO NOTHING
    RETURNING id
  ), marked AS (
    -- Their history may be older than the twin: the next sweep must see it.
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT c.id, 'register_subjects' FROM created c
  )
  SELECT count(*) INTO registered FROM created;
  RETURN registered;
EXCEPTION WHEN not_null_violation THEN
  RAISE EXCEPTION 'the application that owns %.user_digital_twins requires a column that Twinmill cannot fill: no twin of domain % was created',
      $name$@twins@$name$, register_subjects.domain
    USING ERRCODE = 'not_null_violation', DETAIL = SQLERRM,
      HINT = 'Create the twins through the application with domain and subject set, or set twins_schema to another schema.';
END
$function$;
COMMENT ON FUNCTION twinmill.register_subjects(text, text[]) IS
  'Makes a twin, with a mark, for each of these subjects that has none in the domain; returns how many';
