-- Purpose: the effects of interventions on twins that the kind `effect` wrote. $1 uuid[] twins.
-- JSON is read by the program: see evidence_relations.sql.
-- Index relied on: product_effects (twin_id). Locks: ACCESS SHARE. Expected rows: a few per twin.
SELECT
  e.twin_id,
  e.product_id,
  CASE WHEN isfinite(e.start_date) THEN e.start_date END AS start_date,
  CASE WHEN isfinite(e.end_date) THEN e.end_date END AS end_date,
  e.observed_effects::text AS observed_effects,
  e.metadata::text AS metadata
FROM @twins@.product_effects e
WHERE e.twin_id = ANY ($1::uuid[])
  AND e.metadata::text LIKE '%"effect"%'
  AND e.observed_effects IS NOT NULL
  AND length(e.observed_effects::text) < 1000000
ORDER BY e.twin_id, e.start_date, e.product_id, e.id
