-- Purpose: returns the ids of a list that are no twin's. It replaces the queue's stub.
-- Index:   primary key of user_digital_twins.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.unknown_twins(twins uuid[]) RETURNS uuid[]
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
  SELECT ARRAY(
    SELECT asked.id FROM unnest(twins) AS asked(id) LEFT JOIN @twins@.user_digital_twins t ON t.id = asked.id
    WHERE t.id IS NULL)
$function$;
COMMENT ON FUNCTION twinmill.unknown_twins(uuid[]) IS
  'Which of these ids are no twin''s; enqueue_many asks before it inserts jobs';
