-- Purpose: ties the twins of an application to a domain.
-- Index:   none: user_digital_twins is read as a whole.
-- Locks:   the rows of the twins that are tied.
-- Rows:    one: the number of twins.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.register_twins(domain text) RETURNS bigint
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
  'Ties the twins of an application that have no domain yet to this domain (subject = user_id) and leaves a mark for '
  'each; returns how many';
