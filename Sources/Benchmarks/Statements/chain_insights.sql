-- Purpose: the insights of these twins, with what their metadata say they are about. $1 uuid[] twins.
-- Index relied on: twin_insights (twin_id). Locks: ACCESS SHARE. Rows: one per insight.
SELECT i.twin_id, i.insight_type, i.title, coalesce(i.description, ''), i.metadata ->> 'rule',
  i.metadata ->> 'metric', i.metadata ->> 'factor', i.metadata ->> 'aspect', (i.metadata ->> 'onset')::timestamptz,
  i.confidence, i.data_points
FROM @twins@.twin_insights i
WHERE i.twin_id = ANY ($1) AND i.metadata ->> 'kind' = 'insight'
ORDER BY i.twin_id, (i.metadata ->> 'rank')::integer, i.id
