-- Purpose: open insights, the most important of a twin first.
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
  'What is to be seen in each twin now: open episodes, the most important first (rank); data_points holds every number of title and description with the job it comes from.';
