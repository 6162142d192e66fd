-- Purpose: open recommendations, the most urgent of a twin first.
-- Index:   primary key of user_digital_twins.
-- Locks:   none.
-- Rows:    one per open recommendation.
-- Grant:   twinmill_worker, twinmill_read
CREATE OR REPLACE VIEW twinmill.current_recommendations AS
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
