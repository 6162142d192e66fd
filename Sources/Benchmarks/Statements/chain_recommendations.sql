-- Purpose: the recommendations to these twins, with what they rest on. $1 uuid[] twins.
-- Index relied on: twin_recommendations (twin_id). Locks: ACCESS SHARE. Rows: one per recommendation.
SELECT r.twin_id, r.recommendation_type, r.title, coalesce(r.description, ''), r.metadata ->> 'rule',
  r.metadata ->> 'key', r.expected_impact ->> 'metric', (r.expected_impact ->> 'mean')::double precision,
  r.metadata -> 'rests_on'
FROM @twins@.twin_recommendations r
WHERE r.twin_id = ANY ($1) AND r.metadata ->> 'kind' = 'recommendation'
ORDER BY r.twin_id, r.priority, r.id
