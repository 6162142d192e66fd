-- Purpose: the local days of propositions twins, and the features kept of them; one row per twin and metric, arrays
--   oldest first.
-- Parameters: $1 uuid[] twins; $2, $3 timestamptz, from (inclusive) and until (exclusive), NULL = open; $4 integer,
--   most days per twin, the newest are taken.
-- Rows: twin_id uuid, metric text, observed_at timestamptz[] (the local date at 00:00 UTC), values double precision[],
--   skipped bigint: values that are there but are no number.
-- Index relied on: (user_id, timestamp) on interactions and user_features, the primary keys of propositions and
--   features. Locks: ACCESS SHARE. Expected rows: 4 per twin, and one per type of interaction and per feature.
--
-- Days are those of the user's zone (users.time_zone or timezone; UTC when there is none that PostgreSQL knows), from
-- the first interaction or feature on, and over before now. Per day:
--   shown: interactions of the type view (also viewed, shown, show, impression, display);
--   responses: all others, and interactions_<type> of each type of them the user has; clicked is click, and so on;
--   click_share: clicks / shown, at most 1, on days with something shown; for users of whom no views are recorded,
--     clicks / responses;
--   confidence: mean confidence_score (0 … 1) of the propositions shown, or interacted with where none was;
--   feature_<name>: the last value of the day, a number or a text that is one.
SELECT wanted.twin_id, series.metric, series.observed_at, series.values, series.skipped
FROM unnest($1::uuid[]) AS wanted (twin_id)
JOIN @twins@.user_digital_twins t ON t.id = wanted.twin_id AND t.domain = 'propositions'
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
    SELECT s.past, s.past - $4::integer AS first_shown
    FROM (
      SELECT least(
        (now() AT TIME ZONE person.zone)::date,
        ($3::timestamptz AT TIME ZONE 'UTC' + interval '1 day' - interval '1 microsecond')::date
      ) AS past
    ) AS s
  ), acts AS MATERIALIZED (
    SELECT
      (i.timestamp AT TIME ZONE person.zone)::date AS day,
      CASE
        WHEN w.kind IN ('view', 'viewed', 'shown', 'show', 'impression', 'display') THEN 'view'
        WHEN w.kind IN ('clicked', 'liked', 'shared', 'accepted', 'saved', 'dismissed') THEN
          CASE w.kind WHEN 'clicked' THEN 'click' WHEN 'liked' THEN 'like' WHEN 'shared' THEN 'share'
            WHEN 'accepted' THEN 'accept' WHEN 'saved' THEN 'save' ELSE 'dismiss' END
        WHEN w.kind ~ '^[a-z0-9_]{1,40}$' THEN w.kind
        ELSE 'other'
      END AS kind,
      i.proposition_id
    FROM span s
    JOIN @domain@.interactions i ON i.user_id = person.id
      AND i.timestamp >= (s.first_shown - 1)::timestamp AT TIME ZONE 'UTC'
      AND isfinite(i.timestamp)
    CROSS JOIN LATERAL (SELECT regexp_replace(lower(btrim(i.interaction_type::text)), '[ .-]+', '_', 'g')) AS w (kind)
  ), sure AS (
    SELECT
      a.day,
      coalesce(avg(c.confidence) FILTER (WHERE a.kind = 'view'), avg(c.confidence)) AS confidence,
      count(*) FILTER (WHERE p.confidence_score IS NOT NULL AND c.confidence IS NULL) AS skipped
    FROM acts a
    JOIN @domain@.propositions p ON p.id = a.proposition_id
    CROSS JOIN LATERAL (
      SELECT CASE WHEN p.confidence_score BETWEEN 0 AND 1 THEN p.confidence_score::double precision END
    ) AS c (confidence)
    GROUP BY a.day
  ), features AS MATERIALIZED (
    SELECT f.day, f.metric, n.number
    FROM (
      SELECT DISTINCT ON (d.name, l.day)
        'feature_' || d.name AS metric,
        l.day,
        to_jsonb(v.value) #>> '{}' AS written
      FROM span s
      JOIN @domain@.user_features v ON v.user_id = person.id
        AND v.timestamp >= (s.first_shown - 1)::timestamp AT TIME ZONE 'UTC'
        AND isfinite(v.timestamp)
        AND v.value IS NOT NULL
      JOIN @domain@.features d ON d.id = v.feature_id
      CROSS JOIN LATERAL (SELECT (v.timestamp AT TIME ZONE person.zone)::date) AS l (day)
      ORDER BY d.name, l.day, v.timestamp DESC, v.ctid DESC
    ) AS f
    CROSS JOIN LATERAL (
      SELECT CASE
        WHEN length(f.written) <= 40 AND f.written ~ '^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?\s*$'
          THEN f.written::double precision
        END
    ) AS n (number)
    WHERE f.written IS NOT NULL
  ), days AS MATERIALIZED (
    SELECT g.at::date AS day
    FROM span s
    CROSS JOIN LATERAL (SELECT min(a.day) AS first FROM acts a) AS begun
    CROSS JOIN LATERAL generate_series(
      CASE WHEN begun.first IS NOT NULL THEN greatest(begun.first, s.first_shown) END::timestamp, (s.past - 1)::timestamp, '1 day'
    ) AS g (at)
    WHERE (g.at AT TIME ZONE person.zone AT TIME ZONE person.zone)::date = g.at::date
  ), counted AS MATERIALIZED (
    SELECT a.day, a.kind, count(*)::double precision AS n FROM acts a GROUP BY a.day, a.kind
  ), totals AS (
    SELECT
      d.day,
      coalesce(sum(c.n) FILTER (WHERE c.kind = 'view'), 0) AS shown,
      coalesce(sum(c.n) FILTER (WHERE c.kind <> 'view'), 0) AS responses,
      coalesce(sum(c.n) FILTER (WHERE c.kind = 'click'), 0) AS clicks,
      EXISTS (SELECT FROM counted v WHERE v.kind = 'view') AS has_views
    FROM days d
    LEFT JOIN counted c ON c.day = d.day
    GROUP BY d.day
  ), observed AS (
    SELECT o.day, v.metric, v.value, CASE v.metric WHEN 'confidence' THEN coalesce(s.skipped, 0) ELSE 0 END AS skipped
    FROM totals o
    LEFT JOIN sure s ON s.day = o.day
    CROSS JOIN LATERAL (SELECT CASE WHEN o.has_views THEN o.shown ELSE o.responses END) AS d (cause)
    CROSS JOIN LATERAL (VALUES
      ('shown', CASE WHEN o.has_views THEN o.shown END),
      ('responses', o.responses),
      ('click_share', CASE WHEN d.cause > 0 THEN least(1, o.clicks / d.cause) END),
      ('confidence', s.confidence)
    ) AS v (metric, value)
    UNION ALL
    SELECT d.day, 'interactions_' || k.kind, coalesce(c.n, 0), 0
    FROM days d
    CROSS JOIN (SELECT DISTINCT c.kind FROM counted c WHERE c.kind <> 'view') AS k
    LEFT JOIN counted c ON c.day = d.day AND c.kind = k.kind
    UNION ALL
    SELECT f.day, f.metric, f.number, (f.number IS NULL)::integer
    FROM features f
    CROSS JOIN span s
    WHERE f.day >= s.first_shown AND f.day < s.past
  )
  SELECT
    o.metric,
    coalesce(array_agg(o.day::timestamp AT TIME ZONE 'UTC' ORDER BY o.day) FILTER (WHERE o.value IS NOT NULL), '{}')
      AS observed_at,
    coalesce(array_agg(o.value ORDER BY o.day) FILTER (WHERE o.value IS NOT NULL), '{}') AS values,
    sum(o.skipped)::bigint AS skipped
  FROM observed o
  WHERE $2::timestamptz IS NULL OR o.day >= ($2::timestamptz AT TIME ZONE 'UTC')
  GROUP BY o.metric
) AS series
ORDER BY wanted.twin_id, series.metric
