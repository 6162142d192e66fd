-- Purpose: shows open recommendations, the most urgent of a twin first.
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
  'Open recommendations for each twin, the most urgent first; rests_on holds every number of title and description '
  'with the job that it comes from';
COMMENT ON COLUMN twinmill.current_recommendations.domain IS 'The twin''s domain';
COMMENT ON COLUMN twinmill.current_recommendations.subject IS 'The person or thing that the twin represents';
COMMENT ON COLUMN twinmill.current_recommendations.twin_id IS 'The twin';
COMMENT ON COLUMN twinmill.current_recommendations.priority IS '1 is urgent, 5 is not';
COMMENT ON COLUMN twinmill.current_recommendations.recommendation_type IS 'product, behaviour, operation and others';
COMMENT ON COLUMN twinmill.current_recommendations.title IS 'The recommendation in one line';
COMMENT ON COLUMN twinmill.current_recommendations.description IS 'Why';
COMMENT ON COLUMN twinmill.current_recommendations.actions IS 'Steps';
COMMENT ON COLUMN twinmill.current_recommendations.products IS 'The products that it is about';
COMMENT ON COLUMN twinmill.current_recommendations.expected_impact IS 'The difference to expect';
COMMENT ON COLUMN twinmill.current_recommendations.rests_on IS 'Every number of the text, with the job it comes from';
COMMENT ON COLUMN twinmill.current_recommendations.created_at IS 'When it was first recommended';
COMMENT ON COLUMN twinmill.current_recommendations.id IS 'The recommendation''s row';
COMMENT ON COLUMN twinmill.current_recommendations.job_id IS 'The job that wrote the row last';
