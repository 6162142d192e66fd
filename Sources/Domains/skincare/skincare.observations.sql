-- Purpose: the observed state vectors of skincare twins, and what may act on them: one row per twin and metric or
--   factor, arrays oldest first.
-- Parameters: $1 uuid[] twins; $2, $3 timestamptz, from (inclusive) and until (exclusive), NULL = open; $4 integer,
--   most snapshots per twin and column, the newest are taken (of each column: what is written of the surroundings
--   takes no metric's place).
-- Rows: twin_id uuid, metric text, observed_at timestamptz[], values double precision[] (same length),
--   skipped bigint: values that are there but are no number, plus one per snapshot that cannot be read at all.
-- Index relied on: twin_snapshots (twin_id). Locks: ACCESS SHARE. Expected rows: 9 per twin, 4 more where it has
--   environmental_factors, 6 more where it has lifestyle_data.
--
-- Shape of the statement: one LATERAL per twin, so that each sort is small and stays in memory; one json_to_record per
-- column, with the names of that column only (a snapshot costs by the names asked of it: with all names asked of all
-- columns three times as much); and OFFSET 0 so that a number is taken out of its JSON once and not once per use (58 ms
-- without, 12 ms with, for a twin of 730 snapshots). The innermost ORDER BY is what puts the arrays in order.
--
-- Accepted shapes of twin_snapshots.skin_metrics:
--   {"texture_score": 71.5, …}                              flat
--   {"global_state_vector" | "state_vector" | "metrics": {"texture_score": 71.5, …}}   nested; flat wins
--   a value is a number, a string that is a number, null (= not observed), or {"value": …} / {"score": …}
-- Accepted shapes of environmental_factors and lifestyle_data: the same, nested under "environment", "lifestyle" or
--   "factors"; each factor by its name or by another that means the same in the same unit, the first that is there:
--   temperature_c | temperature_celsius | temperature; humidity_percent | humidity; uv_index | uv;
--   air_quality_index | air_quality | aqi; sleep_hours | average_sleep_hours | sleep; stress_level | stress;
--   water_liters | water_litres | water; exercise_minutes | exercise; alcohol_units | alcohol; sugar_grams | sugar.
-- Anything else is skipped and counted. A JSON number may still not fit a double ("1e999"), and plain json may hold
-- escapes that cannot become text (\u0000, half surrogates), so neither is ever cast unseen: an error here would fail
-- every job of the batch.
SELECT
  wanted.twin_id,
  series.metric,
  series.observed_at,
  series.values,
  series.skipped
FROM unnest($1::uuid[]) AS wanted (twin_id)
JOIN @twins@.user_digital_twins t ON t.id = wanted.twin_id AND t.domain = 'skincare'
CROSS JOIN LATERAL (
  SELECT
    o.metric,
    coalesce(array_agg(o.snapshot_date) FILTER (WHERE o.number IS NOT NULL), '{}') AS observed_at,
    coalesce(array_agg(o.number) FILTER (WHERE o.number IS NOT NULL), '{}') AS values,
    count(*) FILTER (WHERE o.is_skipped AND o.number IS NULL) AS skipped
  FROM (
    SELECT
      w.snapshot_date,
      w.position,
      w.metric,
      w.written IS NOT NULL OR NOT w.is_readable AS is_skipped,
      CASE
        -- The grammar of JSON numbers guarantees the cast, unless an exponent or a very long number overflows.
        WHEN json_typeof(w.written) = 'number' AND length(w.written::text) <= 300 AND w.written::text !~ '[eE]'
          THEN w.written::text::double precision
        WHEN w.written IS NOT NULL THEN (
          SELECT CASE
            WHEN length(t.text) <= 40 AND t.text ~ '^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?\s*$'
              THEN t.text::double precision
            END
          FROM (
            SELECT CASE json_typeof(w.written)
              WHEN 'object' THEN coalesce(w.written ->> 'value', w.written ->> 'score')
              WHEN 'array' THEN NULL
              ELSE w.written #>> '{}'
              END
          ) AS t (text)
        )
      END AS number
    FROM (
      SELECT s.snapshot_date, s.position, s.is_readable, v.metric, v.written
      FROM (
        SELECT
          newest.snapshot_date,
          newest.document,
          -row_number() OVER (ORDER BY newest.snapshot_date DESC, newest.id DESC) AS position,
          json_typeof(newest.document) IS NOT DISTINCT FROM 'object' AS is_readable
        FROM (
          SELECT
            n.snapshot_date,
            n.id,
            CASE
              WHEN n.skin_metrics::text LIKE '%\\u%' THEN twinmill.readable_json(n.skin_metrics::json)
              ELSE n.skin_metrics::json
            END AS document
          FROM @twins@.twin_snapshots n
          WHERE n.twin_id = wanted.twin_id
            AND n.skin_metrics IS NOT NULL
            AND n.skin_metrics::text <> 'null'
            AND isfinite(n.snapshot_date)
            AND ($2::timestamptz IS NULL OR n.snapshot_date >= $2)
            AND ($3::timestamptz IS NULL OR n.snapshot_date < $3)
        ) AS newest
        ORDER BY newest.snapshot_date DESC, newest.id DESC
        LIMIT $4
      ) AS s
      LEFT JOIN LATERAL json_to_record(CASE WHEN s.is_readable THEN s.document END) AS flat (
        texture_score json, pore_score json, redness_index json, pigmentation_index json, oil_balance json,
        hydration_index json, sensitivity_index json, barrier_risk_score json, microbiome_risk_proxy json,
        global_state_vector json, state_vector json, metrics json
      ) ON true
      LEFT JOIN LATERAL json_to_record(
        CASE
          WHEN json_typeof(flat.global_state_vector) = 'object' THEN flat.global_state_vector
          WHEN json_typeof(flat.state_vector) = 'object' THEN flat.state_vector
          WHEN json_typeof(flat.metrics) = 'object' THEN flat.metrics
        END
      ) AS nested (
        texture_score json, pore_score json, redness_index json, pigmentation_index json, oil_balance json,
        hydration_index json, sensitivity_index json, barrier_risk_score json, microbiome_risk_proxy json
      ) ON true
      CROSS JOIN LATERAL (VALUES
        ('texture_score', coalesce(flat.texture_score, nested.texture_score)),
        ('pore_score', coalesce(flat.pore_score, nested.pore_score)),
        ('redness_index', coalesce(flat.redness_index, nested.redness_index)),
        ('pigmentation_index', coalesce(flat.pigmentation_index, nested.pigmentation_index)),
        ('oil_balance', coalesce(flat.oil_balance, nested.oil_balance)),
        ('hydration_index', coalesce(flat.hydration_index, nested.hydration_index)),
        ('sensitivity_index', coalesce(flat.sensitivity_index, nested.sensitivity_index)),
        ('barrier_risk_score', coalesce(flat.barrier_risk_score, nested.barrier_risk_score)),
        ('microbiome_risk_proxy', coalesce(flat.microbiome_risk_proxy, nested.microbiome_risk_proxy))
      ) AS v (metric, written)
      UNION ALL
      SELECT s.snapshot_date, s.position, s.is_readable, v.metric, v.written
      FROM (
        SELECT
          newest.snapshot_date,
          newest.document,
          -row_number() OVER (ORDER BY newest.snapshot_date DESC, newest.id DESC) AS position,
          json_typeof(newest.document) IS NOT DISTINCT FROM 'object' AS is_readable
        FROM (
          SELECT
            n.snapshot_date,
            n.id,
            CASE
              WHEN n.environmental_factors::text LIKE '%\\u%' THEN twinmill.readable_json(n.environmental_factors::json)
              ELSE n.environmental_factors::json
            END AS document
          FROM @twins@.twin_snapshots n
          WHERE n.twin_id = wanted.twin_id
            AND n.environmental_factors IS NOT NULL
            AND n.environmental_factors::text <> 'null'
            AND isfinite(n.snapshot_date)
            AND ($2::timestamptz IS NULL OR n.snapshot_date >= $2)
            AND ($3::timestamptz IS NULL OR n.snapshot_date < $3)
        ) AS newest
        ORDER BY newest.snapshot_date DESC, newest.id DESC
        LIMIT $4
      ) AS s
      LEFT JOIN LATERAL json_to_record(CASE WHEN s.is_readable THEN s.document END) AS flat (
        temperature_c json, temperature_celsius json, temperature json, humidity_percent json, humidity json,
        uv_index json, uv json, air_quality_index json, air_quality json, aqi json, environment json, factors json
      ) ON true
      LEFT JOIN LATERAL json_to_record(
        CASE
          WHEN json_typeof(flat.environment) = 'object' THEN flat.environment
          WHEN json_typeof(flat.factors) = 'object' THEN flat.factors
        END
      ) AS nested (
        temperature_c json, temperature_celsius json, temperature json, humidity_percent json, humidity json,
        uv_index json, uv json, air_quality_index json, air_quality json, aqi json
      ) ON true
      CROSS JOIN LATERAL (VALUES
        ('temperature_c', coalesce(
          flat.temperature_c, flat.temperature_celsius, flat.temperature, nested.temperature_c,
          nested.temperature_celsius, nested.temperature)),
        ('humidity_percent', coalesce(
          flat.humidity_percent, flat.humidity, nested.humidity_percent, nested.humidity)),
        ('uv_index', coalesce(flat.uv_index, flat.uv, nested.uv_index, nested.uv)),
        ('air_quality_index', coalesce(
          flat.air_quality_index, flat.air_quality, flat.aqi, nested.air_quality_index, nested.air_quality, nested.aqi))
      ) AS v (metric, written)
      UNION ALL
      SELECT s.snapshot_date, s.position, s.is_readable, v.metric, v.written
      FROM (
        SELECT
          newest.snapshot_date,
          newest.document,
          -row_number() OVER (ORDER BY newest.snapshot_date DESC, newest.id DESC) AS position,
          json_typeof(newest.document) IS NOT DISTINCT FROM 'object' AS is_readable
        FROM (
          SELECT
            n.snapshot_date,
            n.id,
            CASE
              WHEN n.lifestyle_data::text LIKE '%\\u%' THEN twinmill.readable_json(n.lifestyle_data::json)
              ELSE n.lifestyle_data::json
            END AS document
          FROM @twins@.twin_snapshots n
          WHERE n.twin_id = wanted.twin_id
            AND n.lifestyle_data IS NOT NULL
            AND n.lifestyle_data::text <> 'null'
            AND isfinite(n.snapshot_date)
            AND ($2::timestamptz IS NULL OR n.snapshot_date >= $2)
            AND ($3::timestamptz IS NULL OR n.snapshot_date < $3)
        ) AS newest
        ORDER BY newest.snapshot_date DESC, newest.id DESC
        LIMIT $4
      ) AS s
      LEFT JOIN LATERAL json_to_record(CASE WHEN s.is_readable THEN s.document END) AS flat (
        sleep_hours json, average_sleep_hours json, sleep json, stress_level json, stress json, water_liters json,
        water_litres json, water json, exercise_minutes json, exercise json, alcohol_units json, alcohol json,
        sugar_grams json, sugar json, lifestyle json, factors json
      ) ON true
      LEFT JOIN LATERAL json_to_record(
        CASE
          WHEN json_typeof(flat.lifestyle) = 'object' THEN flat.lifestyle
          WHEN json_typeof(flat.factors) = 'object' THEN flat.factors
        END
      ) AS nested (
        sleep_hours json, average_sleep_hours json, sleep json, stress_level json, stress json, water_liters json,
        water_litres json, water json, exercise_minutes json, exercise json, alcohol_units json, alcohol json,
        sugar_grams json, sugar json
      ) ON true
      CROSS JOIN LATERAL (VALUES
        ('sleep_hours', coalesce(
          flat.sleep_hours, flat.average_sleep_hours, flat.sleep, nested.sleep_hours, nested.average_sleep_hours,
          nested.sleep)),
        ('stress_level', coalesce(flat.stress_level, flat.stress, nested.stress_level, nested.stress)),
        ('water_liters', coalesce(
          flat.water_liters, flat.water_litres, flat.water, nested.water_liters, nested.water_litres, nested.water)),
        ('exercise_minutes', coalesce(
          flat.exercise_minutes, flat.exercise, nested.exercise_minutes, nested.exercise)),
        ('alcohol_units', coalesce(flat.alcohol_units, flat.alcohol, nested.alcohol_units, nested.alcohol)),
        ('sugar_grams', coalesce(flat.sugar_grams, flat.sugar, nested.sugar_grams, nested.sugar))
      ) AS v (metric, written)
    ) AS w
    ORDER BY w.metric, w.position
    OFFSET 0
  ) AS o
  GROUP BY o.metric
) AS series
ORDER BY wanted.twin_id, series.metric
