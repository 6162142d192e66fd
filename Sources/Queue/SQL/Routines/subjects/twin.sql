-- Purpose: returns the id of a subject's twin, for requests that name DOMAIN/SUBJECT. A queue without a register of
--          twins has none.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker, twinmill_enqueue
-- Overridable
CREATE OR REPLACE FUNCTION twinmill.twin(domain text, subject text) RETURNS uuid
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'there is no register of twins to look up %/% in', domain, subject USING ERRCODE = '22023',
    HINT = 'Name the twin by its id.';
END $$;
COMMENT ON FUNCTION twinmill.twin(text, text) IS 'The id of the twin of this subject in this domain';
