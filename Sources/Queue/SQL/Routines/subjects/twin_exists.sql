-- Purpose: tells whether a job may name this twin. A queue without a register of twins accepts every id.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
-- Overridable
CREATE OR REPLACE FUNCTION twinmill.twin_exists(twin uuid) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT true $$;
COMMENT ON FUNCTION twinmill.twin_exists(uuid) IS
  'Whether a twin with this id exists; enqueue asks before it inserts a job';
