-- Purpose: the verdicts of the kind effect that state something of these twins' metrics. $1 uuid[] twins.
-- Index relied on: product_effects (twin_id). Locks: ACCESS SHARE. Rows: one per product and metric with a verdict.
SELECT e.twin_id, e.observed_effects ->> 'factor', e.start_date, e.end_date, m.effect ->> 'metric',
  m.effect ->> 'verdict', (m.effect ->> 'effect')::double precision, (m.effect ->> 'q')::double precision
FROM @twins@.product_effects e
CROSS JOIN LATERAL json_array_elements(e.observed_effects -> 'metrics') AS m (effect)
WHERE e.twin_id = ANY ($1) AND e.metadata ->> 'kind' = 'effect'
  AND m.effect ->> 'verdict' IN ('better', 'worse', 'changed')
ORDER BY e.twin_id, e.start_date, e.id
