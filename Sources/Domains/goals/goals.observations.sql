-- Purpose: the local days of goals twins: adherence, streak, mood and what they do; one row per twin and metric, arrays
--   oldest first.
-- Parameters: $1 uuid[] twins; $2, $3 timestamptz, from (inclusive) and until (exclusive), NULL = open; $4 integer,
--   most days per twin, the newest are taken.
-- Rows: twin_id uuid, metric text, observed_at timestamptz[] (the local date at 00:00 UTC), values double precision[],
--   skipped bigint: moods that are there but are no number within -1 … 1.
-- Index relied on: goals (user_id), habits (goal_id), (user_id, timestamp or created_at) on the others.
-- Locks: ACCESS SHARE. Expected rows: up to 7 per twin.
--
-- Days are those of the member's zone (users.time_zone or timezone; UTC when there is none that PostgreSQL knows), over
-- before now, and ones that the zone had. A change of zone moves all days: the tables keep no older zone.
-- due(day), done(day), per goal between start and end (both inside):
--   the habits' weekdays together, where a schedule lists some: an array, or an object's "days": English names or 1 … 7
--     from Monday (0 is Sunday too), "daily", "weekdays", "weekends";
--   else the frequency of habits, else of the goal: daily; k a week (the habits' highest "times_per_week", else once),
--     judged on the week's last day of the goal: due k * days / 7, done at most that; custom says nothing: never due.
--   done = a completed check-in of that local date; more than one count once.
-- adherence = 100 * sum(done) / sum(due) over the goals due that day; adherence_30d = the same over the 30 days up to
-- that day; no value where nothing was due. streak_days = due days in a row on which all that was due was done, counted
-- back; days without anything due neither add nor break.
SELECT wanted.twin_id, series.metric, series.observed_at, series.values, series.skipped
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
  WITH span AS MATERIALIZED (
    SELECT s.past, s.past - $4::integer AS first_shown, s.past - $4::integer - 30 AS floor
    FROM (
      SELECT least(
        (now() AT TIME ZONE person.zone)::date,
        ($3::timestamptz AT TIME ZONE 'UTC' + interval '1 day' - interval '1 microsecond')::date
      ) AS past
    ) AS s
  ), checked AS MATERIALIZED (
    SELECT
      c.goal_id,
      l.at::date AS day,
      bool_or(c.completed) AS is_done,
      avg(extract(epoch FROM l.at::time) / 3600) FILTER (WHERE c.completed) AS hour
    FROM span s
    JOIN @domain@.checkins c ON c.user_id = person.id
      AND c.timestamp >= (s.floor - 1)::timestamp AT TIME ZONE 'UTC'
      AND isfinite(c.timestamp)
    CROSS JOIN LATERAL (SELECT c.timestamp AT TIME ZONE person.zone) AS l (at)
    GROUP BY c.goal_id, l.at::date
  ), written AS MATERIALIZED (
    SELECT
      (j.created_at AT TIME ZONE person.zone)::date AS day,
      count(*) AS entries,
      avg(m.mood) AS mood,
      count(*) FILTER (WHERE j.sentiment_score IS NOT NULL AND m.mood IS NULL) AS skipped
    FROM span s
    JOIN @domain@.journal_entries j ON j.user_id = person.id
      AND j.created_at >= (s.floor - 1)::timestamp AT TIME ZONE 'UTC'
      AND isfinite(j.created_at)
    CROSS JOIN LATERAL (
      SELECT CASE WHEN j.sentiment_score BETWEEN -1 AND 1 THEN j.sentiment_score::double precision END
    ) AS m (mood)
    GROUP BY 1
  ), said AS MATERIALIZED (
    SELECT (m.created_at AT TIME ZONE person.zone)::date AS day, count(*) AS messages
    FROM span s
    JOIN @domain@.messages m ON m.user_id = person.id
      AND m.created_at >= (s.floor - 1)::timestamp AT TIME ZONE 'UTC'
      AND isfinite(m.created_at)
      AND m.is_ai IS NOT TRUE
    GROUP BY 1
  ), plans AS MATERIALIZED (
    SELECT
      g.id AS goal_id,
      CASE
        WHEN isfinite(g.start_date::date) THEN g.start_date::date
        ELSE (g.created_at AT TIME ZONE person.zone)::date
      END AS starts,
      coalesce(g.end_date::date, 'infinity') AS ends,
      CASE
        WHEN h.is_daily THEN '{1,2,3,4,5,6,7}'::integer[]
        WHEN h.weekdays IS NOT NULL THEN h.weekdays
        WHEN h.per_week IS NULL AND g.frequency::text = 'daily' THEN '{1,2,3,4,5,6,7}'::integer[]
      END AS weekdays,
      CASE
        WHEN h.weekdays IS NOT NULL OR h.is_daily THEN NULL
        ELSE coalesce(h.per_week, CASE g.frequency::text WHEN 'weekly' THEN 1 END)
      END AS per_week
    FROM @domain@.goals g
    CROSS JOIN LATERAL (
      SELECT
        array_agg(DISTINCT w.weekday) FILTER (WHERE w.weekday IS NOT NULL) AS weekdays,
        coalesce(bool_or(h.frequency::text = 'daily' AND w.weekday IS NULL), false) AS is_daily,
        max(CASE
          WHEN w.weekday IS NOT NULL THEN NULL
          WHEN d.document ->> 'times_per_week' ~ '^[1-7]$' THEN (d.document ->> 'times_per_week')::integer
          WHEN h.frequency::text = 'weekly' THEN 1
        END) AS per_week
      FROM @domain@.habits h
      CROSS JOIN LATERAL (
        SELECT CASE
          WHEN h.schedule::text LIKE '%\\u%' THEN twinmill.readable_json(h.schedule::json)
          ELSE h.schedule::json
          END
      ) AS r (document)
      CROSS JOIN LATERAL (
        SELECT
          CASE WHEN json_typeof(r.document) = 'object' THEN r.document END,
          CASE json_typeof(r.document) WHEN 'array' THEN r.document WHEN 'object' THEN r.document -> 'days' END
      ) AS d (document, listed)
      LEFT JOIN LATERAL (
        SELECT DISTINCT n.weekday
        FROM json_array_elements_text(CASE json_typeof(d.listed)
          WHEN 'array' THEN d.listed WHEN 'string' THEN json_build_array(d.listed) END) AS e (item)
        JOIN (VALUES
          ('^(mon|1$)', 1), ('^(tue|2$)', 2), ('^(wed|3$)', 3), ('^(thu|4$)', 4), ('^(fri|5$)', 5), ('^(sat|6$)', 6),
          ('^(sun|7$|0$)', 7), ('^(daily|every ?day)', 1), ('^(daily|every ?day)', 2), ('^(daily|every ?day)', 3),
          ('^(daily|every ?day)', 4), ('^(daily|every ?day)', 5), ('^(daily|every ?day)', 6),
          ('^(daily|every ?day)', 7), ('^weekdays?$', 1), ('^weekdays?$', 2), ('^weekdays?$', 3), ('^weekdays?$', 4),
          ('^weekdays?$', 5), ('^weekends?$', 6), ('^weekends?$', 7)
        ) AS n (pattern, weekday) ON lower(btrim(e.item)) ~ n.pattern
      ) AS w ON true
      WHERE h.goal_id = g.id
    ) AS h
    WHERE g.user_id = person.id
  ), days AS MATERIALIZED (
    SELECT d.day, extract(isodow FROM d.day)::integer AS weekday, date_trunc('week', d.day::timestamp) AS week
    FROM span s
    CROSS JOIN LATERAL (
      SELECT min(b.day) AS first
      FROM (
        SELECT min(p.starts) FROM plans p WHERE p.weekdays IS NOT NULL OR p.per_week IS NOT NULL
        UNION ALL SELECT min(c.day) FROM checked c
        UNION ALL SELECT min(w.day) FROM written w
        UNION ALL SELECT min(m.day) FROM said m
      ) AS b (day)
    ) AS begun
    CROSS JOIN LATERAL (
      SELECT g.at::date
      FROM generate_series(CASE WHEN begun.first IS NOT NULL THEN greatest(begun.first, s.floor) END::timestamp, (s.past - 1)::timestamp, '1 day') AS g (at)
    ) AS d (day)
    -- A date that the zone never had leads to another one and back.
    WHERE (d.day::timestamp AT TIME ZONE person.zone AT TIME ZONE person.zone)::date = d.day
  ), asked AS MATERIALIZED (
    SELECT d.day, p.goal_id, p.per_week, p.ends, d.week, c.is_done IS TRUE AS is_done
    FROM plans p
    JOIN days d ON d.day BETWEEN p.starts AND p.ends AND (d.weekday = ANY (p.weekdays) OR p.per_week IS NOT NULL)
    LEFT JOIN checked c ON c.goal_id = p.goal_id AND c.day = d.day
  ), due AS (
    SELECT a.day, 1::double precision AS due, a.is_done::integer::double precision AS done
    FROM asked a
    WHERE a.per_week IS NULL
    UNION ALL
    SELECT w.day, w.due, least(w.done, w.due)
    FROM (
      SELECT
        max(a.day) AS day,
        max(a.per_week) * count(*) / 7::double precision AS due,
        count(*) FILTER (WHERE a.is_done) AS done
      FROM asked a
      WHERE a.per_week IS NOT NULL
      GROUP BY a.goal_id, a.week
      HAVING max(a.day) = least(max(a.week)::date + 6, max(a.ends))
    ) AS w
  ), daily AS (
    SELECT d.day, coalesce(sum(u.due), 0) AS due, coalesce(sum(u.done), 0) AS done
    FROM days d
    LEFT JOIN due u ON u.day = d.day
    GROUP BY d.day
  ), rolled AS (
    SELECT
      y.*,
      sum(y.due) OVER month AS due_30d,
      sum(y.done) OVER month AS done_30d,
      sum(y.due) OVER since AS due_ever,
      count(*) FILTER (WHERE y.done < y.due) OVER since AS breaks
    FROM daily y
    WINDOW month AS (ORDER BY y.day ROWS 29 PRECEDING), since AS (ORDER BY y.day)
  ), kept AS (
    SELECT
      r.day,
      100 * r.done / nullif(r.due, 0) AS adherence,
      100 * r.done_30d / nullif(r.due_30d, 0) AS adherence_30d,
      CASE WHEN r.due_ever > 0 THEN
        count(*) FILTER (WHERE r.due > 0 AND r.done >= r.due) OVER (PARTITION BY r.breaks ORDER BY r.day)
      END AS streak
    FROM rolled r
  ), hours AS (
    SELECT c.day, avg(c.hour) AS hour FROM checked c GROUP BY c.day
  ), observed AS (
    SELECT k.day, v.metric, v.value, coalesce(w.skipped, 0) AS skipped
    FROM kept k
    CROSS JOIN span s
    LEFT JOIN written w ON w.day = k.day
    LEFT JOIN said m ON m.day = k.day
    LEFT JOIN hours h ON h.day = k.day
    CROSS JOIN LATERAL (VALUES
      ('adherence', k.adherence),
      ('adherence_30d', k.adherence_30d),
      ('streak_days', k.streak::double precision),
      ('journal_sentiment', w.mood),
      ('messages', coalesce(m.messages, 0)::double precision),
      ('journal_entries', coalesce(w.entries, 0)::double precision),
      ('checkin_hour', h.hour::double precision)
    ) AS v (metric, value)
    WHERE k.day >= s.first_shown
      AND ($2::timestamptz IS NULL OR k.day >= ($2::timestamptz AT TIME ZONE 'UTC'))
  )
  SELECT
    o.metric,
    coalesce(array_agg(o.day::timestamp AT TIME ZONE 'UTC' ORDER BY o.day) FILTER (WHERE o.value IS NOT NULL), '{}')
      AS observed_at,
    coalesce(array_agg(o.value ORDER BY o.day) FILTER (WHERE o.value IS NOT NULL), '{}') AS values,
    (CASE o.metric WHEN 'journal_sentiment' THEN sum(o.skipped) ELSE 0 END)::bigint AS skipped
  FROM observed o
  GROUP BY o.metric
) AS series
ORDER BY wanted.twin_id, series.metric
