-- Purpose: the episodes of twins that the kind `insight` wrote before: all open ones, and the newest that ended.
--   $1 uuid[] twins, $2 integer most per twin.
-- JSON is read by the program: see evidence_relations.sql.
-- Index relied on: twin_insights (twin_id). Locks: ACCESS SHARE. Expected rows: up to $2 per twin.
SELECT wanted.twin_id, i.id, i.metadata
FROM unnest($1::uuid[]) AS wanted (twin_id)
CROSS JOIN LATERAL (
  SELECT n.id, n.metadata::text AS metadata
  FROM @twins@.twin_insights n
  WHERE n.twin_id = wanted.twin_id AND n.metadata::text LIKE '%"episode"%' AND length(n.metadata::text) < 100000
  ORDER BY n.metadata::text ~ '"state": ?"open"' DESC, n.created_at DESC, n.id
  LIMIT $2
) AS i
ORDER BY wanted.twin_id, i.id
