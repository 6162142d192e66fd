-- Purpose: returns the ids of a list that no job may name. A queue without a register of twins accepts every id.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
-- Overridable
CREATE OR REPLACE FUNCTION twinmill.unknown_twins(twins uuid[]) RETURNS uuid[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT '{}'::uuid[] $$;
COMMENT ON FUNCTION twinmill.unknown_twins(uuid[]) IS
  'Which of these ids are no twin''s; enqueue_many asks before it inserts jobs';
