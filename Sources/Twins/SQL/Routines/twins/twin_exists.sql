-- Purpose: tells whether a twin with this id exists. It replaces the queue's stub.
-- Index:   primary key of user_digital_twins.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.twin_exists(twin uuid) RETURNS boolean
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
  SELECT EXISTS (SELECT FROM @twins@.user_digital_twins t WHERE t.id = twin_exists.twin)
$function$;
COMMENT ON FUNCTION twinmill.twin_exists(uuid) IS
  'Whether a twin with this id exists; enqueue asks before it inserts a job';
