-- Purpose: the events of tasks twins; one row per twin, arrays oldest first.
-- Parameters: $1 uuid[] twins; $2, $3 timestamptz, from (inclusive) and until (exclusive), NULL = open.
-- Rows: twin_id uuid, occurred_at timestamptz[] (the local time as if it were UTC, as observations), event_types text[],
--   factors text[]; twins without events have no row:
--   assistant_started, assistant_stopped (factor assistant): the user's first message, and the last one before 14 days
--     or more without any; stopped is only known once they are over;
--   milestone: the 10th, 50th, 100th, 500th and every 1,000th task completed.
-- Index relied on: tasks and messages (user_id, created_at). Locks: ACCESS SHARE. Expected rows: one per twin.
SELECT
  h.twin_id,
  array_agg(h.occurred_at ORDER BY h.occurred_at, h.event_type, h.factor COLLATE "C") AS occurred_at,
  array_agg(h.event_type ORDER BY h.occurred_at, h.event_type, h.factor COLLATE "C") AS event_types,
  array_agg(h.factor ORDER BY h.occurred_at, h.event_type, h.factor COLLATE "C") AS factors
FROM (
  SELECT wanted.twin_id, d.at AT TIME ZONE person.zone AT TIME ZONE 'UTC' AS occurred_at, d.event_type, d.factor
  FROM unnest($1::uuid[]) AS wanted (twin_id)
  JOIN @twins@.user_digital_twins t ON t.id = wanted.twin_id AND t.domain = 'tasks'
  CROSS JOIN LATERAL (
    SELECT u.user_id, twinmill.zone_or_utc(coalesce(j.columns ->> 'time_zone', j.columns ->> 'timezone')) AS zone
    FROM @domain@.users u
    CROSS JOIN LATERAL to_jsonb(u) AS j (columns)
    WHERE u.user_id = t.subject
    OFFSET 0
  ) AS person
  CROSS JOIN LATERAL (
    SELECT b.at, b.event_type, 'assistant' AS factor
    FROM (
      SELECT
        m.created_at,
        lag(m.created_at) OVER (ORDER BY m.created_at) AS before,
        lead(m.created_at, 1, now()) OVER (ORDER BY m.created_at) AS after
      FROM @domain@.messages m
      WHERE m.user_id = person.user_id AND m.role::text = 'user' AND isfinite(m.created_at)
    ) AS m
    CROSS JOIN LATERAL (VALUES
      (CASE WHEN m.before IS NULL OR m.created_at - m.before >= interval '14 days' THEN m.created_at END, 'assistant_started'),
      (CASE WHEN m.after - m.created_at >= interval '14 days' THEN m.created_at END, 'assistant_stopped')
    ) AS b (at, event_type)
    UNION ALL
    SELECT n.at, 'milestone', n.number || ' tasks completed'
    FROM (
      SELECT c.at, row_number() OVER (ORDER BY c.at) AS number
      -- A column that the table does not have is found in the row around it (see tasks.observations.sql).
      FROM (SELECT NULL::timestamptz AS completed_at) AS absent
      CROSS JOIN LATERAL (
        SELECT coalesce(
          CASE WHEN pg_typeof(completed_at) = 'timestamptz'::regtype THEN completed_at::timestamptz
            WHEN completed_at IS NOT NULL THEN twinmill.instant_or_null(completed_at::text) END, k.updated_at) AS at
        FROM @domain@.tasks k
        WHERE k.user_id = person.user_id AND k.completed
      ) AS c
      WHERE isfinite(c.at)
    ) AS n
    WHERE n.number IN (10, 50, 100, 500) OR n.number % 1000 = 0
  ) AS d (at, event_type, factor)
  WHERE isfinite(d.at) AND d.at <= now()
) AS h
WHERE ($2::timestamptz IS NULL OR h.occurred_at >= $2) AND ($3::timestamptz IS NULL OR h.occurred_at < $3)
GROUP BY h.twin_id
ORDER BY h.twin_id
