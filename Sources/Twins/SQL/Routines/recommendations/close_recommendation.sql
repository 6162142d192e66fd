-- Purpose: closes an open recommendation, with a note. The two functions that people call use it.
-- Index:   primary key of twin_recommendations.
-- Locks:   the recommendation's row.
-- Rows:    none.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.close_recommendation(id uuid, state text, note text) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
  known record;
BEGIN
  SELECT r.id, twinmill.readable_json(r.metadata::json) AS document
  INTO known
  FROM @twins@.twin_recommendations r
  WHERE r.id = close_recommendation.id
  FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no recommendation %', coalesce(close_recommendation.id::text, 'NULL')
      USING ERRCODE = 'no_data_found', HINT = 'SELECT id, title FROM twinmill.current_recommendations;';
  END IF;
  IF known.document ->> 'kind' IS DISTINCT FROM 'recommendation' THEN
    RAISE EXCEPTION 'recommendation % is an application''s own', close_recommendation.id
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Close it where it was made.';
  END IF;
  IF known.document ->> 'state' IS DISTINCT FROM 'open' THEN
    RAISE EXCEPTION 'recommendation % is not open: it is %', close_recommendation.id, known.document ->> 'state'
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'SELECT id, title FROM twinmill.current_recommendations;';
  END IF;
  IF length(note) > 10000 THEN
    RAISE EXCEPTION 'the note has % characters', length(note)
      USING ERRCODE = 'invalid_parameter_value', HINT = 'At most 10000 are kept.';
  END IF;
  UPDATE @twins@.twin_recommendations r
  SET metadata = (known.document::jsonb || jsonb_strip_nulls(jsonb_build_object(
    'state', close_recommendation.state, 'note', note, 'closed_at', now(), 'closed_by', session_user)))::json
  WHERE r.id = close_recommendation.id;
END
$function$;
COMMENT ON FUNCTION twinmill.close_recommendation(uuid, text, text) IS
  'The common part of ignore_recommendation and finish_recommendation';
