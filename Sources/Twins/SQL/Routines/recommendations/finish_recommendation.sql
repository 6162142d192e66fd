-- Purpose: closes a recommendation that somebody has followed.
-- Index:   primary key of twin_recommendations.
-- Locks:   the recommendation's row.
-- Rows:    none.
-- Grant:   twinmill_enqueue
CREATE OR REPLACE FUNCTION twinmill.finish_recommendation(id uuid, note text DEFAULT NULL) RETURNS void
LANGUAGE sql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
  SELECT twinmill.close_recommendation(finish_recommendation.id, 'done', finish_recommendation.note)
$function$;
COMMENT ON FUNCTION twinmill.finish_recommendation(uuid, text) IS
  'Somebody has followed an open recommendation. It comes back only if its evidence becomes clearly '
  'stronger, or on another occasion.';
