-- Purpose: the events of propositions twins; one row per twin, arrays oldest first.
-- Parameters: $1 uuid[] twins; $2, $3 timestamptz, from (inclusive) and until (exclusive), NULL = open.
-- Rows: twin_id uuid, occurred_at timestamptz[] (the local time as if it were UTC, as observations), event_types text[],
--   factors text[]; twins without events have no row:
--   model_change: model and version, when a version of a model that had another before was first evaluated; it concerns
--     every user who was there;
--   proposition_<status>: the type of a proposition that the user interacted with and that was updated since it was
--     made; only its present status is known. A status in which propositions begin is no change;
--   deactivated: when the account was.
-- Index relied on: interactions (user_id, timestamp), the primary key of propositions. Locks: ACCESS SHARE.
-- Expected rows: one per twin.
SELECT
  h.twin_id,
  array_agg(h.occurred_at ORDER BY h.occurred_at, h.event_type, h.factor COLLATE "C") AS occurred_at,
  array_agg(h.event_type ORDER BY h.occurred_at, h.event_type, h.factor COLLATE "C") AS event_types,
  array_agg(h.factor ORDER BY h.occurred_at, h.event_type, h.factor COLLATE "C") AS factors
FROM (
  SELECT DISTINCT
    wanted.twin_id, d.at AT TIME ZONE person.zone AT TIME ZONE 'UTC' AS occurred_at, d.event_type, d.factor
  FROM unnest($1::uuid[]) AS wanted (twin_id)
  JOIN @twins@.user_digital_twins t ON t.id = wanted.twin_id AND t.domain = 'propositions'
  CROSS JOIN LATERAL (
    SELECT
      u.id,
      twinmill.zone_or_utc(coalesce(j.columns ->> 'time_zone', j.columns ->> 'timezone')) AS zone,
      twinmill.instant_or_null(j.columns ->> 'deactivated_at') AS deactivated_at,
      (SELECT min(i.timestamp) FROM @domain@.interactions i WHERE i.user_id = u.id AND isfinite(i.timestamp)) AS begun
    FROM @domain@.users u
    CROSS JOIN LATERAL to_jsonb(u) AS j (columns)
    WHERE u.id = CASE
      WHEN t.subject ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' THEN t.subject::uuid
      END
    OFFSET 0
  ) AS person
  CROSS JOIN LATERAL (
    SELECT v.first, 'model_change', left(v.model_name::text || ' ' || v.model_version::text, 100)
    FROM (
      SELECT
        m.model_name,
        m.model_version,
        min(m.evaluated_at) AS first,
        min(min(m.evaluated_at)) OVER (PARTITION BY m.model_name) AS first_of_all
      FROM @domain@.model_performance m
      WHERE isfinite(m.evaluated_at)
      GROUP BY m.model_name, m.model_version
    ) AS v
    WHERE v.first > v.first_of_all AND v.first >= person.begun
    UNION ALL
    SELECT p.updated_at, 'proposition_' || w.status, lower(btrim(p.type::text))
    FROM (
      SELECT DISTINCT i.proposition_id FROM @domain@.interactions i WHERE i.user_id = person.id
    ) AS met
    JOIN @domain@.propositions p ON p.id = met.proposition_id AND p.updated_at > p.created_at
    CROSS JOIN LATERAL (SELECT regexp_replace(lower(btrim(p.status::text)), '[^a-z0-9]+', '_', 'g')) AS w (status)
    WHERE w.status NOT IN ('', 'new', 'draft', 'pending', 'proposed', 'created', 'active', 'open', 'shown')
    UNION ALL
    SELECT person.deactivated_at, 'deactivated', ''
  ) AS d (at, event_type, factor)
  WHERE isfinite(d.at) AND d.at <= now() AND d.factor IS NOT NULL
) AS h
WHERE ($2::timestamptz IS NULL OR h.occurred_at >= $2) AND ($3::timestamptz IS NULL OR h.occurred_at < $3)
GROUP BY h.twin_id
ORDER BY h.twin_id
