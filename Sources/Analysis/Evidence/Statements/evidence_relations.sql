-- Purpose: the correlations of twins that the kind `correlation` wrote. $1 uuid[] twins.
-- JSON is read by the program, not here: a row of an application may hold what PostgreSQL cannot take apart, and an
-- error here would fail every job of the batch. So the kind is only looked for in the text.
-- Index relied on: twin_correlations (twin_id). Locks: ACCESS SHARE. Expected rows: a few per twin.
SELECT c.twin_id, c.factor_type, c.factor_value, c.observations::text AS observations, c.metadata::text AS metadata
FROM @twins@.twin_correlations c
WHERE c.twin_id = ANY ($1::uuid[])
  AND c.metadata::text LIKE '%"correlation"%'
  AND c.observations IS NOT NULL
  AND length(c.observations::text) < 100000
ORDER BY c.twin_id, c.factor_type COLLATE "C", c.factor_value COLLATE "C", c.observations::text COLLATE "C", c.id
