-- Purpose: shows open insights, the most important of a twin first.
-- Index:   primary key of user_digital_twins.
-- Locks:   none.
-- Rows:    one per open insight.
-- Grant:   twinmill_worker, twinmill_read
CREATE OR REPLACE VIEW twinmill.current_insights AS
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
  'Open insights of each twin, the most important first (rank); data_points holds every number of title and '
  'description with the job that it comes from';
COMMENT ON COLUMN twinmill.current_insights.domain IS 'The twin''s domain';
COMMENT ON COLUMN twinmill.current_insights.subject IS 'The person or thing that the twin represents';
COMMENT ON COLUMN twinmill.current_insights.twin_id IS 'The twin';
COMMENT ON COLUMN twinmill.current_insights.rank IS '1 is the most important of the twin';
COMMENT ON COLUMN twinmill.current_insights.insight_type IS 'trend, risk, opportunity, change, anomaly, milestone or data_quality';
COMMENT ON COLUMN twinmill.current_insights.severity IS 'low, medium or high';
COMMENT ON COLUMN twinmill.current_insights.title IS 'One line';
COMMENT ON COLUMN twinmill.current_insights.description IS 'The text under the title';
COMMENT ON COLUMN twinmill.current_insights.confidence IS '0 to 1: the chance that the statement is true';
COMMENT ON COLUMN twinmill.current_insights.action_items IS 'Things that one may do';
COMMENT ON COLUMN twinmill.current_insights.data_points IS 'Every number of the text, with the job it comes from';
COMMENT ON COLUMN twinmill.current_insights.first_seen IS 'The first evaluation that saw it';
COMMENT ON COLUMN twinmill.current_insights.last_seen IS 'The latest evaluation that saw it';
COMMENT ON COLUMN twinmill.current_insights.id IS 'The insight''s row';
COMMENT ON COLUMN twinmill.current_insights.job_id IS 'The job that wrote the row last';
