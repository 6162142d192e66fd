-- Purpose: the events of goals twins; one row per twin, arrays oldest first.
-- Parameters: $1 uuid[] twins; $2, $3 timestamptz, from (inclusive) and until (exclusive), NULL = open.
-- Rows: twin_id uuid, occurred_at timestamptz[] (the local time as if it were UTC, as observations), event_types text[],
--   factors text[]; twins without events have no row:
--   goal_started, goal_stopped (the day after end_date): the goal's title, or its id;
--   plan_change: the kind of an accepted suggestion, when it was made (when it was accepted is not kept);
--   mentor_interaction: its mode.
-- Index relied on: goals, goal_plan_suggestions (user_id), mentor_interactions (patient_id). Locks: ACCESS SHARE.
-- Expected rows: one per twin. Future events have not happened and are left out.
SELECT
  h.twin_id,
  array_agg(h.occurred_at ORDER BY h.occurred_at, h.event_type, h.factor COLLATE "C") AS occurred_at,
  array_agg(h.event_type ORDER BY h.occurred_at, h.event_type, h.factor COLLATE "C") AS event_types,
  array_agg(h.factor ORDER BY h.occurred_at, h.event_type, h.factor COLLATE "C") AS factors
FROM (
  SELECT DISTINCT wanted.twin_id, d.at AT TIME ZONE 'UTC' AS occurred_at, d.event_type, btrim(left(d.factor, 100)) AS factor
  FROM unnest($1::uuid[]) AS wanted (twin_id)
  JOIN @twins@.user_digital_twins t ON t.id = wanted.twin_id AND t.domain = 'goals'
  CROSS JOIN LATERAL (
    SELECT u.id, twinmill.zone_or_utc(coalesce(j.columns ->> 'time_zone', j.columns ->> 'timezone')) AS zone
    FROM @domain@.users u
    CROSS JOIN LATERAL to_jsonb(u) AS j (columns)
    WHERE u.id = CASE
      WHEN t.subject ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' THEN t.subject::uuid
      END
    OFFSET 0
  ) AS person
  CROSS JOIN LATERAL (
    SELECT b.at, b.event_type, coalesce(nullif(btrim(g.title::text), ''), g.id::text)
    FROM @domain@.goals g
    CROSS JOIN LATERAL (VALUES
      (CASE
        WHEN isfinite(g.start_date::date) THEN g.start_date::date::timestamp
        ELSE date_trunc('day', g.created_at AT TIME ZONE person.zone)
      END, 'goal_started'),
      ((g.end_date::date + 1)::timestamp, 'goal_stopped')
    ) AS b (at, event_type)
    WHERE g.user_id = person.id
    UNION ALL
    SELECT s.created_at AT TIME ZONE person.zone, 'plan_change', coalesce(s.suggestion_type::text, '')
    FROM @domain@.goal_plan_suggestions s
    WHERE s.user_id = person.id AND s.accepted
    UNION ALL
    SELECT m.created_at AT TIME ZONE person.zone, 'mentor_interaction', coalesce(m.mode::text, '')
    FROM @domain@.mentor_interactions m
    WHERE m.patient_id = person.id
  ) AS d (at, event_type, factor)
  WHERE isfinite(d.at) AND d.at <= now() AT TIME ZONE person.zone
) AS h
WHERE ($2::timestamptz IS NULL OR h.occurred_at >= $2) AND ($3::timestamptz IS NULL OR h.occurred_at < $3)
GROUP BY h.twin_id
ORDER BY h.twin_id
