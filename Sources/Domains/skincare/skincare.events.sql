-- Purpose: the events of skincare twins: products started and stopped, one row per twin, arrays oldest first.
-- Parameters: $1 uuid[] twins; $2, $3 timestamptz, from (inclusive) and until (exclusive), NULL = open.
-- Rows: twin_id uuid, occurred_at timestamptz[], event_types text[] (product_started | product_stopped),
--   factors text[] (the product's id or name); twins without events have no row.
-- Index relied on: twin_snapshots (twin_id), product_effects (twin_id). Locks: ACCESS SHARE.
-- Expected rows: one per twin.
--
-- Two sources, united without doubles:
--   product_effects: start_date and end_date of a product_id, in rows of the application (an effect job's own rows
--     repeat what it read here);
--   twin_snapshots.product_usage: a product that is used now and was not in the snapshot before started, one that was
--   and is not stopped. Snapshots without a list say nothing (unknown is not "none"), the first list is the baseline
--   and starts nothing, an empty list stops everything.
-- Accepted shapes of product_usage: a list, or an object with the list under "products" or "products_used"; items are
--   names or ids (text or number), or objects with "product_id", "id" or "name" (the first that is there) and
--   optionally "used": false. An object without these two maps products to amounts; null, false and 0 mean not used.
WITH listed AS MATERIALIZED (
  SELECT
    n.twin_id,
    n.snapshot_date,
    n.id,
    CASE json_typeof(d.document)
      WHEN 'array' THEN d.document
      WHEN 'object' THEN CASE
        WHEN json_typeof(d.document -> 'products') = 'array' THEN d.document -> 'products'
        WHEN json_typeof(d.document -> 'products_used') = 'array' THEN d.document -> 'products_used'
        END
      END AS items,
    CASE
      WHEN json_typeof(d.document) = 'object'
        AND d.document -> 'products' IS NULL
        AND d.document -> 'products_used' IS NULL
        THEN d.document
      END AS amounts
  FROM unnest($1::uuid[]) AS wanted (twin_id)
  JOIN @twins@.user_digital_twins t ON t.id = wanted.twin_id AND t.domain = 'skincare'
  JOIN @twins@.twin_snapshots n ON n.twin_id = wanted.twin_id AND n.product_usage IS NOT NULL
    AND isfinite(n.snapshot_date)
  CROSS JOIN LATERAL (
    SELECT CASE
      WHEN n.product_usage::text LIKE '%\\u%' THEN twinmill.readable_json(n.product_usage::json)
      ELSE n.product_usage::json
      END
  ) AS d (document)
), used AS (
  SELECT
    l.twin_id,
    l.snapshot_date,
    l.id,
    lag(l.snapshot_date) OVER earlier AS date_before,
    p.products,
    lag(p.products) OVER earlier AS products_before
  FROM listed l
  CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT u.product) FILTER (WHERE u.product <> '')
    FROM (
      SELECT CASE json_typeof(i.item)
        WHEN 'string' THEN i.item #>> '{}'
        WHEN 'number' THEN i.item #>> '{}'
        WHEN 'object' THEN CASE
          WHEN i.item ->> 'used' IS DISTINCT FROM 'false'
            THEN coalesce(i.item ->> 'product_id', i.item ->> 'id', i.item ->> 'name')
          END
        END
      FROM json_array_elements(l.items) AS i (item)
      UNION ALL
      SELECT a.key FROM json_each_text(l.amounts) AS a WHERE a.value NOT IN ('false', '0', '')
    ) AS u (product)
  ) AS p (products)
  WHERE l.items IS NOT NULL OR l.amounts IS NOT NULL
  WINDOW earlier AS (PARTITION BY l.twin_id ORDER BY l.snapshot_date, l.id)
), happened AS (
  SELECT u.twin_id, u.snapshot_date AS occurred_at, 'product_started' AS event_type, s.product AS factor
  FROM used u
  CROSS JOIN LATERAL unnest(u.products) AS s (product)
  WHERE u.date_before IS NOT NULL AND s.product <> ALL (coalesce(u.products_before, '{}'))
  UNION
  SELECT u.twin_id, u.snapshot_date, 'product_stopped', s.product
  FROM used u
  CROSS JOIN LATERAL unnest(u.products_before) AS s (product)
  WHERE u.date_before IS NOT NULL AND s.product <> ALL (coalesce(u.products, '{}'))
  UNION
  SELECT e.twin_id, d.occurred_at, d.event_type, e.product_id::text
  FROM unnest($1::uuid[]) AS wanted (twin_id)
  JOIN @twins@.user_digital_twins t ON t.id = wanted.twin_id AND t.domain = 'skincare'
  JOIN @twins@.product_effects e ON e.twin_id = wanted.twin_id
  CROSS JOIN LATERAL (VALUES
    (e.start_date, 'product_started'), (e.end_date, 'product_stopped')
  ) AS d (occurred_at, event_type)
  WHERE isfinite(d.occurred_at) AND NOT twinmill.is_result(e.id)
)
SELECT
  h.twin_id,
  array_agg(h.occurred_at ORDER BY h.occurred_at, h.event_type, h.factor COLLATE "C") AS occurred_at,
  array_agg(h.event_type ORDER BY h.occurred_at, h.event_type, h.factor COLLATE "C") AS event_types,
  array_agg(h.factor ORDER BY h.occurred_at, h.event_type, h.factor COLLATE "C") AS factors
FROM happened h
WHERE ($2::timestamptz IS NULL OR h.occurred_at >= $2) AND ($3::timestamptz IS NULL OR h.occurred_at < $3)
GROUP BY h.twin_id
ORDER BY h.twin_id
