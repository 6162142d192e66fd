-- Purpose: deletes predictions that are older than keep_predictions allows. It keeps rows that no job wrote, and the
--          latest prediction.
-- Index:   results' primary key; twin_predictions (twin_id).
-- Locks:   the deleted rows. The caller holds the twins' rows of results.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.prune_predictions(twins uuid[]) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  kept_days integer := (SELECT (s.value #>> '{}')::integer FROM twinmill.settings s WHERE s.name = 'prediction_days');
BEGIN
  IF kept_days IS NULL THEN RETURN; END IF;
  DELETE FROM @twins@.twin_predictions p
  USING unnest(twins) AS t (id), twinmill.results r
  WHERE r.twin_id = t.id AND r.kind = 'prediction'
    AND p.twin_id = t.id
    AND p.created_at < r.computed_at
    AND p.created_at < now() - make_interval(days => kept_days)
    AND p.metadata ->> 'kind' = 'prediction' AND p.metadata ->> 'job_id' IS NOT NULL;
END
$function$;
COMMENT ON FUNCTION twinmill.prune_predictions(uuid[]) IS
  'Deletes predictions of these twins that keep_predictions does not keep; each prediction calls it for its twin';
