-- Purpose: the events of reactor twins: faults, and repairs when a fault was resolved; one row per twin, arrays
--   oldest first.
-- Parameters: $1 uuid[] twins; $2, $3 timestamptz, from (inclusive) and until (exclusive), NULL = open.
-- Rows: twin_id uuid, occurred_at timestamptz[], event_types text[] (fault | repair), factors text[] (kind of fault);
--   twins without events have no row.
-- Index relied on: faults (reactor_id, timestamp). Locks: ACCESS SHARE. Expected rows: one per twin.
--
-- Kinds of fault: temperature_spike, pressure_anomaly, vibration_high, flux_instability, coolant_leak, pump_failure,
-- sensor_malfunction, control_rod_stuck, tritium_high; two have a second name in use and are taken as one. Any other
-- kind keeps its own name. A fault that is marked as resolved without an instant was repaired nobody knows when; one
-- "resolved" before it happened was not repaired then: neither is an event.
SELECT
  h.twin_id,
  array_agg(h.occurred_at ORDER BY h.occurred_at, h.event_type, h.factor COLLATE "C") AS occurred_at,
  array_agg(h.event_type ORDER BY h.occurred_at, h.event_type, h.factor COLLATE "C") AS event_types,
  array_agg(h.factor ORDER BY h.occurred_at, h.event_type, h.factor COLLATE "C") AS factors
FROM (
  SELECT DISTINCT wanted.twin_id, d.occurred_at, d.event_type, kind.factor
  FROM unnest($1::uuid[]) AS wanted (twin_id)
  JOIN @twins@.user_digital_twins t ON t.id = wanted.twin_id AND t.domain = 'reactor'
  CROSS JOIN LATERAL (
    SELECT f.fault_type, f.timestamp, f.resolved, f.resolved_at
    FROM @domain@.faults f
    WHERE f.reactor_id = CASE WHEN t.subject ~ '^\d{1,9}$' THEN t.subject::integer END
    OFFSET 0
  ) AS f
  CROSS JOIN LATERAL (
    SELECT CASE lower(btrim(f.fault_type::text))
      WHEN 'pressure_drop' THEN 'pressure_anomaly'
      WHEN 'vibration_increase' THEN 'vibration_high'
      ELSE lower(btrim(f.fault_type::text))
      END
  ) AS kind (factor)
  CROSS JOIN LATERAL (VALUES
    (f.timestamp, 'fault'),
    (CASE WHEN f.resolved AND f.resolved_at >= f.timestamp THEN f.resolved_at END, 'repair')
  ) AS d (occurred_at, event_type)
  WHERE isfinite(d.occurred_at) AND kind.factor <> ''
) AS h
WHERE ($2::timestamptz IS NULL OR h.occurred_at >= $2) AND ($3::timestamptz IS NULL OR h.occurred_at < $3)
GROUP BY h.twin_id
ORDER BY h.twin_id
