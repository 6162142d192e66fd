-- Purpose: open insights and recommendations as views, and what people say to a recommendation from psql.
-- Index relied on: the primary keys of user_digital_twins and twin_recommendations. Locks: none beyond ACCESS SHARE; the
--   functions lock the one row they change. Expected rows: none.
CREATE VIEW twinmill.current_insights AS
SELECT
  t.domain,
  t.subject,
  i.twin_id,
  CASE WHEN d.document ->> 'rank' ~ '^\d{1,6}$' THEN (d.document ->> 'rank')::integer END AS rank,
  i.insight_type,
  i.severity,
  i.title,
  i.description,
  i.confidence,
  i.action_items,
  i.data_points,
  d.document ->> 'first_seen' AS first_seen,
  d.document ->> 'last_seen' AS last_seen,
  i.id,
  CASE WHEN d.document ->> 'job_id' ~ '^\d{1,18}$' THEN (d.document ->> 'job_id')::bigint END AS job_id
FROM @twins@.twin_insights i
JOIN @twins@.user_digital_twins t ON t.id = i.twin_id
CROSS JOIN LATERAL (
  -- An application's rows may hold escapes that cannot become text.
  SELECT CASE WHEN i.metadata::text LIKE '%\\u%' THEN twinmill.readable_json(i.metadata::json) ELSE i.metadata::json END
) AS d (document)
WHERE d.document ->> 'kind' = 'insight' AND d.document ->> 'state' = 'open'
ORDER BY t.domain, t.subject, rank, i.id;
COMMENT ON VIEW twinmill.current_insights IS
  'What is to be seen in each twin now: open episodes, the most important first (rank); data_points holds every number of title and description with the job it comes from.';

CREATE VIEW twinmill.current_recommendations AS
SELECT
  t.domain,
  t.subject,
  r.twin_id,
  r.priority,
  r.recommendation_type,
  r.title,
  r.description,
  r.actions,
  r.products,
  r.expected_impact,
  d.document -> 'rests_on' AS rests_on,
  r.created_at,
  r.id,
  CASE WHEN d.document ->> 'job_id' ~ '^\d{1,18}$' THEN (d.document ->> 'job_id')::bigint END AS job_id
FROM @twins@.twin_recommendations r
JOIN @twins@.user_digital_twins t ON t.id = r.twin_id
CROSS JOIN LATERAL (
  SELECT CASE WHEN r.metadata::text LIKE '%\\u%' THEN twinmill.readable_json(r.metadata::json) ELSE r.metadata::json END
) AS d (document)
WHERE d.document ->> 'kind' = 'recommendation' AND d.document ->> 'state' = 'open'
ORDER BY t.domain, t.subject, r.priority, r.created_at, r.id;
COMMENT ON VIEW twinmill.current_recommendations IS
  'What is recommended for each twin now, the most urgent first; rests_on holds every number of title and description with the job it comes from.';

CREATE FUNCTION twinmill.close_recommendation(id uuid, state text, note text) RETURNS void
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
  'Used by ignore_recommendation and finish_recommendation.';
REVOKE EXECUTE ON FUNCTION twinmill.close_recommendation(uuid, text, text) FROM PUBLIC;

CREATE FUNCTION twinmill.ignore_recommendation(id uuid, note text DEFAULT NULL) RETURNS void
LANGUAGE sql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
  SELECT twinmill.close_recommendation(ignore_recommendation.id, 'ignored', ignore_recommendation.note)
$function$;
COMMENT ON FUNCTION twinmill.ignore_recommendation(uuid, text) IS
  'Somebody does not want to follow an open recommendation. It does not come back unless what it rests on becomes clearly stronger or the occasion is another one.';
REVOKE EXECUTE ON FUNCTION twinmill.ignore_recommendation(uuid, text) FROM PUBLIC;

CREATE FUNCTION twinmill.finish_recommendation(id uuid, note text DEFAULT NULL) RETURNS void
LANGUAGE sql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
  SELECT twinmill.close_recommendation(finish_recommendation.id, 'done', finish_recommendation.note)
$function$;
COMMENT ON FUNCTION twinmill.finish_recommendation(uuid, text) IS
  'Somebody has followed an open recommendation. It does not come back unless what it rests on becomes clearly stronger or the occasion is another one.';
REVOKE EXECUTE ON FUNCTION twinmill.finish_recommendation(uuid, text) FROM PUBLIC;
