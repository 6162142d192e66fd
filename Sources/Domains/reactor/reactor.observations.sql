-- Purpose: the telemetry of reactor twins, and their health: one row per twin and metric, arrays oldest first.
-- Parameters: $1 uuid[] twins; $2, $3 timestamptz, from (inclusive) and until (exclusive), NULL = open; $4 integer,
--   most readings per twin, the newest are taken.
-- Rows: twin_id uuid, metric text, observed_at timestamptz[], values double precision[] (same length),
--   skipped bigint: values that are there but are no finite number.
-- Index relied on: telemetry (reactor_id, timestamp), backwards from the newest. Locks: ACCESS SHARE.
-- Expected rows: 6 per twin. One pass over a reactor's readings makes all arrays; the innermost ORDER BY orders them.
--
-- health_score, 0 … 100: per metric 100 inside its normal range (ends inside), else max(0, 100 - 100 d) with
-- d = (min - v) / min below and (v - max) / max above; the mean, weighted by 25, 30, 20, 15 and 10 in the order of the
-- columns, over the metrics that the reading has. Applications know a second formula, 100 less 15 for each metric above
-- and 10 for each below its range. The weighted one is taken because it is what they write to reactors.health_score and
-- derive the status from (healthy from 90 on, warning from 70 on), and because it moves with the distance from the
-- range: six steps of the other one say nothing of a slow decline. A reading without any metric has no health here
-- (their formula says 100): what was not measured is not known. Where the lower end is 0, d is infinite below it.
SELECT
  wanted.twin_id,
  series.metric,
  coalesce(series.observed_at, '{}') AS observed_at,
  coalesce(series.values, '{}') AS values,
  series.skipped
FROM unnest($1::uuid[]) AS wanted (twin_id)
JOIN @twins@.user_digital_twins t ON t.id = wanted.twin_id AND t.domain = 'reactor'
CROSS JOIN LATERAL (
  SELECT
    array_agg(g.timestamp) FILTER (WHERE g.flux IS NOT NULL) AS flux_at,
    array_agg(g.flux) FILTER (WHERE g.flux IS NOT NULL) AS flux,
    count(*) FILTER (WHERE g.flux IS NULL AND g.neutron_flux IS NOT NULL) AS flux_skipped,
    array_agg(g.timestamp) FILTER (WHERE g.heat IS NOT NULL) AS heat_at,
    array_agg(g.heat) FILTER (WHERE g.heat IS NOT NULL) AS heat,
    count(*) FILTER (WHERE g.heat IS NULL AND g.core_temperature IS NOT NULL) AS heat_skipped,
    array_agg(g.timestamp) FILTER (WHERE g.force IS NOT NULL) AS force_at,
    array_agg(g.force) FILTER (WHERE g.force IS NOT NULL) AS force,
    count(*) FILTER (WHERE g.force IS NULL AND g.pressure IS NOT NULL) AS force_skipped,
    array_agg(g.timestamp) FILTER (WHERE g.shake IS NOT NULL) AS shake_at,
    array_agg(g.shake) FILTER (WHERE g.shake IS NOT NULL) AS shake,
    count(*) FILTER (WHERE g.shake IS NULL AND g.vibration IS NOT NULL) AS shake_skipped,
    array_agg(g.timestamp) FILTER (WHERE g.tritium IS NOT NULL) AS tritium_at,
    array_agg(g.tritium) FILTER (WHERE g.tritium IS NOT NULL) AS tritium,
    count(*) FILTER (WHERE g.tritium IS NULL AND g.tritium_level IS NOT NULL) AS tritium_skipped,
    array_agg(g.timestamp) FILTER (WHERE g.weight > 0) AS health_at,
    array_agg(g.points / g.weight) FILTER (WHERE g.weight > 0) AS health
  FROM (
    SELECT
      v.*,
      -- greatest and least keep numbers that are out of all reason from overflowing: d is at least 1 there.
      CASE WHEN flux IS NULL THEN 0 WHEN flux < 1.0e13 THEN 25 * (100 - 100 * (1.0e13 - greatest(flux, 0)) / 1.0e13)
        WHEN flux > 1.5e13 THEN 25 * (100 - 100 * (least(flux, 3.0e13) - 1.5e13) / 1.5e13) ELSE 2500 END
      + CASE WHEN heat IS NULL THEN 0 WHEN heat < 260 THEN 30 * (100 - 100 * (260 - greatest(heat, 0)) / 260)
        WHEN heat > 320 THEN 30 * (100 - 100 * (least(heat, 640) - 320) / 320) ELSE 3000 END
      + CASE WHEN force IS NULL THEN 0 WHEN force < 10 THEN 20 * (100 - 100 * (10 - greatest(force, 0)) / 10)
        WHEN force > 15 THEN 20 * (100 - 100 * (least(force, 30) - 15) / 15) ELSE 2000 END
      + CASE WHEN shake IS NULL OR shake < 0 THEN 0
        WHEN shake > 5 THEN 15 * (100 - 100 * (least(shake, 10) - 5) / 5) ELSE 1500 END
      + CASE WHEN tritium IS NULL OR tritium < 0 THEN 0
        WHEN tritium > 1000 THEN 10 * (100 - 100 * (least(tritium, 2000) - 1000) / 1000) ELSE 1000 END AS points,
      (flux IS NOT NULL)::integer * 25 + (heat IS NOT NULL)::integer * 30 + (force IS NOT NULL)::integer * 20
        + (shake IS NOT NULL)::integer * 15 + (tritium IS NOT NULL)::integer * 10 AS weight
    FROM (
      SELECT
        newest.*,
        -- NaN is greater than every other number: both bounds leave it and the infinities out.
        CASE WHEN neutron_flux > '-Infinity' AND neutron_flux < 'Infinity' THEN neutron_flux END AS flux,
        CASE WHEN core_temperature > '-Infinity' AND core_temperature < 'Infinity' THEN core_temperature END AS heat,
        CASE WHEN pressure > '-Infinity' AND pressure < 'Infinity' THEN pressure END AS force,
        CASE WHEN vibration > '-Infinity' AND vibration < 'Infinity' THEN vibration END AS shake,
        CASE WHEN tritium_level > '-Infinity' AND tritium_level < 'Infinity' THEN tritium_level END AS tritium
      FROM (
        SELECT
          r.timestamp,
          r.neutron_flux::double precision,
          r.core_temperature::double precision,
          r.pressure::double precision,
          r.vibration::double precision,
          r.tritium_level::double precision
        FROM @domain@.telemetry r
        WHERE r.reactor_id = CASE WHEN t.subject ~ '^\d{1,9}$' THEN t.subject::integer END
          AND isfinite(r.timestamp)
          AND ($2::timestamptz IS NULL OR r.timestamp >= $2)
          AND ($3::timestamptz IS NULL OR r.timestamp < $3)
        ORDER BY r.timestamp DESC
        LIMIT $4
      ) AS newest
      ORDER BY newest.timestamp
      OFFSET 0
    ) AS v
  ) AS g
) AS all_of
CROSS JOIN LATERAL (VALUES
  ('neutron_flux', flux_at, flux, flux_skipped),
  ('core_temperature', heat_at, heat, heat_skipped),
  ('pressure', force_at, force, force_skipped),
  ('vibration', shake_at, shake, shake_skipped),
  ('tritium_level', tritium_at, tritium, tritium_skipped),
  ('health_score', health_at, health, 0)
) AS series (metric, observed_at, values, skipped)
ORDER BY wanted.twin_id, series.metric
