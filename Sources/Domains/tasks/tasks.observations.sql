-- Purpose: the local days of tasks twins; one row per twin and metric, arrays oldest first.
-- Parameters: $1 uuid[] twins; $2, $3 timestamptz, from (inclusive) and until (exclusive), NULL = open; $4 integer,
--   most days per twin, the newest are taken.
-- Rows: twin_id uuid, metric text, observed_at timestamptz[] (the local date at 00:00 UTC), values double precision[],
--   skipped bigint: completed tasks whose completion lies before their beginning (completion_hours).
-- Index relied on: tasks and messages (user_id, created_at). Locks: ACCESS SHARE. Expected rows: up to 8 per twin.
--
-- Days are those of the user's zone (users.time_zone or timezone; UTC when there is none that PostgreSQL knows), from
-- the first task or message on, and over before now. Per day:
--   tasks_opened, tasks_completed, messages (the user's own): how many, 0 included;
--   tasks_open, tasks_overdue: how many were open, or past the day they were due, when the day ended; overdue only for
--     users whose tasks have due days;
--   completion_hours: median time from opening to completion of the tasks completed that day;
--   conversation_length: mean number of messages, the assistant's too, of the conversations that had their first message
--     that day; active_hour: when the user's first message was written.
-- A task was completed at completed_at, where the application keeps that, else when it was last updated. Deleted tasks
-- count as if they had never been there.
SELECT wanted.twin_id, series.metric, series.observed_at, series.values, series.skipped
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
  WITH span AS MATERIALIZED (
    SELECT s.past, s.past - $4::integer AS first_shown
    FROM (
      SELECT least(
        (now() AT TIME ZONE person.zone)::date,
        ($3::timestamptz AT TIME ZONE 'UTC' + interval '1 day' - interval '1 microsecond')::date
      ) AS past
    ) AS s
  ), todo AS MATERIALIZED (
    SELECT
      (k.created_at AT TIME ZONE person.zone)::date AS opened,
      (c.at AT TIME ZONE person.zone)::date AS done,
      extract(epoch FROM c.at - k.created_at) / 3600 AS hours,
      CASE
        WHEN k.due_at IS NOT NULL THEN (k.due_at AT TIME ZONE person.zone)::date
        WHEN k.due ~ '^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$'
          THEN make_date(left(k.due, 4)::integer, substr(k.due, 6, 2)::integer, 1) + right(k.due, 2)::integer - 1
        WHEN k.due IS NOT NULL THEN (twinmill.instant_or_null(k.due) AT TIME ZONE person.zone)::date
      END AS due
    -- A column that the table does not have is found in the row around it, where it is NULL: names that are not
    -- qualified are looked up from the inside out.
    FROM (
      SELECT NULL::timestamptz AS completed_at, NULL::timestamptz AS due_at, NULL::date AS due_date, NULL::date AS deadline
    ) AS absent
    CROSS JOIN LATERAL (
      SELECT
        k.created_at,
        CASE WHEN k.completed THEN coalesce(
          CASE WHEN pg_typeof(completed_at) = 'timestamptz'::regtype THEN completed_at::timestamptz
            WHEN completed_at IS NOT NULL THEN twinmill.instant_or_null(completed_at::text) END, k.updated_at)
        END AS completed_at,
        coalesce(
          CASE WHEN pg_typeof(due_at) = 'timestamptz'::regtype THEN due_at::timestamptz END,
          CASE WHEN pg_typeof(due_date) = 'timestamptz'::regtype THEN due_date::timestamptz END,
          CASE WHEN pg_typeof(deadline) = 'timestamptz'::regtype THEN deadline::timestamptz END) AS due_at,
        coalesce(due_at::text, due_date::text, deadline::text) AS due
      FROM @domain@.tasks k
      WHERE k.user_id = person.user_id AND isfinite(k.created_at)
      OFFSET 0
    ) AS k
    CROSS JOIN LATERAL (SELECT k.completed_at) AS c (at)
    WHERE isfinite(c.at) IS NOT FALSE
  ), said AS MATERIALIZED (
    SELECT l.at::date AS day, l.at::time AS time, m.role::text = 'user' AS is_own, m.conversation_id
    FROM @domain@.messages m
    CROSS JOIN LATERAL (SELECT m.created_at AT TIME ZONE person.zone) AS l (at)
    WHERE m.user_id = person.user_id AND isfinite(m.created_at)
  ), days AS MATERIALIZED (
    SELECT g.at::date AS day
    FROM span s
    CROSS JOIN LATERAL (
      SELECT least((SELECT min(k.opened) FROM todo k), (SELECT min(m.day) FROM said m)) AS first
    ) AS begun
    CROSS JOIN LATERAL generate_series(
      CASE WHEN begun.first IS NOT NULL THEN greatest(begun.first, s.first_shown) END::timestamp, (s.past - 1)::timestamp, '1 day'
    ) AS g (at)
    WHERE (g.at AT TIME ZONE person.zone AT TIME ZONE person.zone)::date = g.at::date
  ), opened AS (
    SELECT k.opened AS day, count(*) AS n FROM todo k GROUP BY k.opened
  ), completed AS (
    SELECT
      k.done AS day,
      count(*) AS n,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY k.hours) FILTER (WHERE k.hours >= 0) AS hours,
      count(*) FILTER (WHERE k.hours < 0) AS skipped
    FROM todo k
    WHERE k.done IS NOT NULL
    GROUP BY k.done
  ), left_over AS (
    -- A task adds to the ends of days from its opening, or its due day, and no longer from its completion on.
    SELECT
      d.day,
      sum(coalesce(c.opened, 0)) OVER (ORDER BY d.day) AS open,
      sum(coalesce(c.due, 0)) OVER (ORDER BY d.day) AS overdue
    FROM days d
    LEFT JOIN (
      SELECT greatest(m.day, (SELECT min(d.day) FROM days d)) AS day, sum(m.opened) AS opened, sum(m.due) AS due
      FROM todo k
      CROSS JOIN LATERAL (VALUES
        (k.opened, 1, 0),
        (greatest(k.done, k.opened), -1, 0),
        (greatest(k.opened, k.due), 0, CASE WHEN k.due IS NULL THEN 0 ELSE 1 END),
        (greatest(k.done, k.opened, k.due), 0, CASE WHEN k.due IS NULL OR k.done IS NULL THEN 0 ELSE -1 END)
      ) AS m (day, opened, due)
      WHERE NOT (m.opened = -1 AND k.done IS NULL)
      GROUP BY 1
    ) AS c ON c.day = d.day
  ), begun AS (
    SELECT b.day, avg(b.messages) AS length
    FROM (
      SELECT min(m.day) AS day, count(*) AS messages
      FROM said m
      WHERE m.conversation_id IS NOT NULL
      GROUP BY m.conversation_id
    ) AS b
    GROUP BY b.day
  ), spoken AS (
    SELECT m.day, count(*) AS n, extract(epoch FROM min(m.time)) / 3600 AS hour FROM said m WHERE m.is_own GROUP BY m.day
  ), observed AS (
    SELECT d.day, v.metric, v.value, coalesce(c.skipped, 0) AS skipped
    FROM left_over d
    LEFT JOIN opened o ON o.day = d.day
    LEFT JOIN completed c ON c.day = d.day
    LEFT JOIN begun b ON b.day = d.day
    LEFT JOIN spoken s ON s.day = d.day
    CROSS JOIN LATERAL (VALUES
      ('tasks_opened', coalesce(o.n, 0)::double precision),
      ('tasks_completed', coalesce(c.n, 0)::double precision),
      ('tasks_overdue', CASE WHEN EXISTS (SELECT FROM todo k WHERE k.due IS NOT NULL) THEN d.overdue::double precision END),
      ('tasks_open', d.open::double precision),
      ('completion_hours', c.hours),
      ('messages', coalesce(s.n, 0)::double precision),
      ('conversation_length', b.length::double precision),
      ('active_hour', s.hour::double precision)
    ) AS v (metric, value)
    WHERE $2::timestamptz IS NULL OR d.day >= ($2::timestamptz AT TIME ZONE 'UTC')
  )
  SELECT
    o.metric,
    coalesce(array_agg(o.day::timestamp AT TIME ZONE 'UTC' ORDER BY o.day) FILTER (WHERE o.value IS NOT NULL), '{}')
      AS observed_at,
    coalesce(array_agg(o.value ORDER BY o.day) FILTER (WHERE o.value IS NOT NULL), '{}') AS values,
    (CASE o.metric WHEN 'completion_hours' THEN sum(o.skipped) ELSE 0 END)::bigint AS skipped
  FROM observed o
  GROUP BY o.metric
) AS series
ORDER BY wanted.twin_id, series.metric
