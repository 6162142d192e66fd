-- Purpose: whether rows of the result tables and of their evidence lead back to a job that completed, of the same twin.
--   $1 uuid[] twins.
-- Index relied on: the tables' twin_id, job_history (job_id). Locks: ACCESS SHARE.
-- Rows: one per table: rows, rows whose metadata lack job, attempt, kind, code version or input hash, rows whose job is
--   none of the twin that completed with that attempt and kind, evidence rows, evidence rows without such a job.
WITH results AS (
  SELECT 'twin_predictions' AS place, p.twin_id, p.metadata, NULL::json AS evidence
  FROM @twins@.twin_predictions p WHERE p.twin_id = ANY ($1)
  UNION ALL
  SELECT 'twin_correlations', c.twin_id, c.metadata, NULL FROM @twins@.twin_correlations c WHERE c.twin_id = ANY ($1)
  UNION ALL
  SELECT 'product_effects', e.twin_id, e.metadata, NULL FROM @twins@.product_effects e WHERE e.twin_id = ANY ($1)
  UNION ALL
  SELECT 'twin_insights', i.twin_id, i.metadata, i.data_points FROM @twins@.twin_insights i WHERE i.twin_id = ANY ($1)
  UNION ALL
  SELECT 'twin_recommendations', r.twin_id, r.metadata, r.metadata -> 'rests_on'
  FROM @twins@.twin_recommendations r WHERE r.twin_id = ANY ($1)
), done AS MATERIALIZED (
  SELECT h.job_id, h.twin_id, h.attempt, h.kind FROM twinmill.job_history h
  WHERE h.state = 'completed' AND h.twin_id = ANY ($1)
), points AS (
  SELECT r.place, count(*) AS evidence, count(*) FILTER (WHERE d.job_id IS NULL) AS untraced
  FROM results r
  CROSS JOIN LATERAL json_array_elements(r.evidence) AS p (row)
  LEFT JOIN done d ON d.job_id = (p.row ->> 'job_id')::bigint AND d.twin_id = r.twin_id
  WHERE json_typeof(r.evidence) = 'array'
  GROUP BY r.place
)
SELECT r.place, count(*),
  count(*) FILTER (WHERE coalesce(
    r.metadata ->> 'job_id', '') = '' OR coalesce(r.metadata ->> 'attempt', '') = ''
    OR coalesce(r.metadata ->> 'kind', '') = '' OR coalesce(r.metadata ->> 'code_version', '') = ''
    OR coalesce(r.metadata ->> 'input_hash', '') = ''),
  count(*) FILTER (WHERE d.job_id IS NULL),
  coalesce(max(p.evidence), 0), coalesce(max(p.untraced), 0)
FROM results r
LEFT JOIN done d ON d.job_id = (r.metadata ->> 'job_id')::bigint AND d.twin_id = r.twin_id
  AND d.attempt = (r.metadata ->> 'attempt')::integer AND d.kind = r.metadata ->> 'kind'
LEFT JOIN points p ON p.place = r.place
GROUP BY r.place
ORDER BY r.place
