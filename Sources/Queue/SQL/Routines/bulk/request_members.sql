-- Purpose: lists the members that a JSON object of enqueue_many may have.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.request_members() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
  SELECT ARRAY['kind', 'twin', 'arguments', 'queue', 'priority', 'run_at', 'unique_key', 'max_attempts', 'depends_on',
               'on_discard', 'tenant', 'concurrency_key', 'deadline', 'if_waiting']
$$;
COMMENT ON FUNCTION twinmill.request_members() IS 'The members that a JSON object of enqueue_many may have';
