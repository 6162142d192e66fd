-- Purpose: the rows of the kinds `insight` and `recommendation` about twins: open insights with title and data points,
--   and recommendations in any state, the newest first, without (title NULL). $1 uuid[] twins, $2 integer most per twin
--   of each.
-- JSON is read by the program: see evidence_relations.sql.
-- Index relied on: twin_insights (twin_id), twin_recommendations (twin_id). Locks: ACCESS SHARE.
-- Expected rows: up to 2 · $2 per twin.
SELECT wanted.twin_id, w.id, w.title, w.confidence, w.data_points, w.metadata
FROM (SELECT DISTINCT t FROM unnest($1::uuid[]) AS t) AS wanted (twin_id)
CROSS JOIN LATERAL (
  (
    SELECT i.id, i.title::text, i.confidence, i.data_points::text AS data_points, i.metadata::text AS metadata
    FROM @twins@.twin_insights i
    WHERE i.twin_id = wanted.twin_id
      AND i.metadata::text ~ '"state": ?"open"'
      AND i.data_points IS NOT NULL
      AND length(i.metadata::text) < 100000
      AND length(i.data_points::text) < 1000000
    ORDER BY i.created_at DESC, i.id
    LIMIT $2
  )
  UNION ALL
  (
    SELECT r.id, NULL, NULL, NULL, r.metadata::text
    FROM @twins@.twin_recommendations r
    WHERE r.twin_id = wanted.twin_id AND r.metadata::text LIKE '%"recommendation"%' AND length(r.metadata::text) < 1000000
    ORDER BY r.created_at DESC, r.id
    LIMIT $2
  )
) AS w
ORDER BY wanted.twin_id, w.id
