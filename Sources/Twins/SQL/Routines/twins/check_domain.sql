-- Purpose: refuses a domain name that is malformed or unknown.
-- Index:   domains_pkey.
-- Locks:   none.
-- Rows:    none.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.check_domain(domain text) RETURNS void
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
  -- An empty list means that the program never registered its domains: no name is known to be wrong then.
  IF NOT EXISTS (SELECT FROM twinmill.domains d WHERE d.name = check_domain.domain)
    AND EXISTS (SELECT FROM twinmill.domains)
  THEN
    RAISE EXCEPTION 'unknown domain "%"', check_domain.domain
      USING ERRCODE = 'invalid_parameter_value',
        HINT = format('Known domains: %s.', (SELECT string_agg(d.name, ', ' ORDER BY d.name) FROM twinmill.domains d));
  END IF;
END
$function$;
COMMENT ON FUNCTION twinmill.check_domain(text) IS 'Refuses a domain name that is malformed or unknown here (22023)';
