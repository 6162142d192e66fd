-- Purpose: closes a recommendation that nobody wants to follow.
-- Index:   primary key of twin_recommendations.
-- Locks:   the recommendation's row.
-- Rows:    none.
-- Grant:   twinmill_enqueue
CREATE OR REPLACE FUNCTION twinmill.ignore_recommendation(id uuid, note text DEFAULT NULL) RETURNS void
LANGUAGE sql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
  SELECT twinmill.close_recommendation(ignore_recommendation.id, 'ignored', ignore_recommendation.note)
$function$;
COMMENT ON FUNCTION twinmill.ignore_recommendation(uuid, text) IS
  'Somebody does not want to follow an open recommendation. It comes back only if its evidence becomes clearly '
  'stronger, or on another occasion.';
