-- Purpose: the statements of the kind correlation about these twins. $1 uuid[] twins.
-- Index relied on: twin_correlations (twin_id). Locks: ACCESS SHARE. Rows: one per finding.
SELECT c.twin_id, coalesce(c.factor_value, ''), c.observations ->> 'metric',
  (c.observations ->> 'lag')::integer, c.observations ->> 'direction', (c.observations ->> 'q')::double precision
FROM @twins@.twin_correlations c
WHERE c.twin_id = ANY ($1) AND c.metadata ->> 'kind' = 'correlation'
ORDER BY c.twin_id, c.id
