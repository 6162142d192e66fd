-- Purpose: the observations of sensor twins: one row per twin and metric, arrays oldest first.
-- Parameters: $1 uuid[] twins; $2, $3 timestamptz, from (inclusive) and until (exclusive), NULL = open; $4 integer,
--   most observations per twin and metric, the newest are taken.
-- Rows: twin_id uuid, metric text, observed_at timestamptz[], values double precision[] (same length),
--   skipped bigint (always 0: the table refuses what is no number).
-- Index relied on: the primary key, twice: skipping from metric to metric (there are few, and millions of rows of
--   each), then backwards from the newest observation of each. Locks: ACCESS SHARE.
-- Expected rows: the number of metrics of each twin.
WITH RECURSIVE wanted AS (
  SELECT t.id AS twin_id
  FROM unnest($1::uuid[]) AS asked (twin_id)
  JOIN @twins@.user_digital_twins t ON t.id = asked.twin_id AND t.domain = 'sensor'
), metrics AS (
  SELECT w.twin_id, first.metric
  FROM wanted w
  CROSS JOIN LATERAL (
    SELECT o.metric FROM @twins@.sensor_observations o WHERE o.twin_id = w.twin_id ORDER BY o.metric LIMIT 1
  ) AS first
  UNION ALL
  SELECT m.twin_id, next.metric
  FROM metrics m
  CROSS JOIN LATERAL (
    SELECT o.metric
    FROM @twins@.sensor_observations o
    WHERE o.twin_id = m.twin_id AND o.metric > m.metric
    ORDER BY o.metric
    LIMIT 1
  ) AS next
)
SELECT
  m.twin_id,
  m.metric,
  coalesce(array_agg(newest.observed_at ORDER BY newest.observed_at), '{}') AS observed_at,
  coalesce(array_agg(newest.value ORDER BY newest.observed_at), '{}') AS values,
  0::bigint AS skipped
FROM metrics m
CROSS JOIN LATERAL (
  SELECT o.observed_at, o.value
  FROM @twins@.sensor_observations o
  WHERE o.twin_id = m.twin_id
    AND o.metric = m.metric
    AND ($2::timestamptz IS NULL OR o.observed_at >= $2)
    AND ($3::timestamptz IS NULL OR o.observed_at < $3)
  ORDER BY o.observed_at DESC
  LIMIT $4
) AS newest
GROUP BY m.twin_id, m.metric
ORDER BY m.twin_id, m.metric
