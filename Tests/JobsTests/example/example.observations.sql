-- Purpose: the observations of example twins: one row per twin and metric or factor, arrays oldest first.
-- Parameters: $1 uuid[] twins; $2, $3 timestamptz, from (inclusive) and until (exclusive), NULL = open; $4 integer,
--   most observations per twin and column, the newest are taken.
-- Rows: twin_id uuid, metric text, observed_at timestamptz[], values double precision[], skipped bigint.
-- Index relied on: example_readings (greenhouse, measured_at). Locks: ACCESS SHARE. Expected rows: two per twin.
SELECT
  wanted.twin_id,
  series.metric,
  array_agg(series.measured_at ORDER BY series.measured_at) AS observed_at,
  array_agg(series.value ORDER BY series.measured_at) AS values,
  0::bigint AS skipped
FROM unnest($1::uuid[]) AS wanted (twin_id)
JOIN @twins@.user_digital_twins t ON t.id = wanted.twin_id AND t.domain = 'example'
CROSS JOIN LATERAL (
  SELECT o.metric, r.measured_at, o.value
  FROM (
    SELECT r.measured_at, r.temperature, r.ventilation
    FROM @domain@.example_readings r
    WHERE r.greenhouse = t.subject
      AND ($2::timestamptz IS NULL OR r.measured_at >= $2)
      AND ($3::timestamptz IS NULL OR r.measured_at < $3)
    ORDER BY r.measured_at DESC
    LIMIT $4
  ) AS r
  CROSS JOIN LATERAL (VALUES ('temperature', r.temperature), ('ventilation', r.ventilation)) AS o (metric, value)
  WHERE o.value > '-Infinity' AND o.value < 'Infinity'
) AS series
GROUP BY wanted.twin_id, series.metric
ORDER BY wanted.twin_id, series.metric
