-- Purpose: writes what interventions did to the twins of a batch: into the application's row of the same product and
--   start where there is one, else into a row of our own; our earlier rows of these twins go. Dates and product of an
--   application's row are input and stay as they are.
--   Per job: $1 bigint[] job ids, $2 integer[] attempts, $3 uuid[] twins, $4 text[] metadata (JSON); $5 text kind.
--   Per row: $6 integer[] number of its job (from 1), $7 uuid[] products, NULL where $8 text[], what names the factor
--   among all domains, is no uuid, $9 text[] factors, $10 timestamptz[] starts, $11 timestamptz[] ends,
--   $12, $13 timestamptz[] the sampling step of the start (an application's start within it is the same start),
--   $14 text[] observed effects (JSON), $15 text[] side effects (JSON), $16 double precision[] scores,
--   $17 boolean[] whether any metric was judged (else only an application's row is told so).
-- Runs after record_results in the same transaction: of two jobs for one twin only the one that read its input last is
-- recorded there, and only its rows are written. Products that the application does not know (foreign key) are left
-- out and named in the result's summary.
-- Index relied on: results' primary key; product_effects (twin_id). Locks: the rows it replaces and completes (their
--   twin's result row is locked by record_results); FOR KEY SHARE on twins and products. Rows: none.
WITH latest AS MATERIALIZED (
  SELECT f.number, f.twin_id, f.metadata::jsonb || jsonb_build_object('computed_at', now()) AS metadata
  FROM unnest($1::bigint[], $2::integer[], $3::uuid[], $4::text[])
    WITH ORDINALITY AS f (job_id, attempt, twin_id, metadata, number)
  JOIN twinmill.results r
    ON r.twin_id = f.twin_id AND r.kind = $5 AND r.job_id = f.job_id AND r.attempt = f.attempt
), effects AS MATERIALIZED (
  SELECT
    l.twin_id,
    coalesce(e.product_id, md5(e.name)::uuid) AS product_id,
    e.factor,
    e.start_date,
    e.end_date,
    e.step_from,
    e.step_until,
    e.observed::json AS observed,
    e.side::json AS side,
    e.score,
    e.is_judged,
    l.metadata || jsonb_build_object('factor', e.factor) AS metadata,
    e.position
  FROM unnest(
    $6::integer[], $7::uuid[], $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[],
    $13::timestamptz[], $14::text[], $15::text[], $16::double precision[], $17::boolean[]
  ) WITH ORDINALITY AS e (
    number, product_id, name, factor, start_date, end_date, step_from, step_until, observed, side, score, is_judged,
    position)
  JOIN latest l ON l.number = e.number
), matched AS MATERIALIZED (
  -- Each row of the application once, each effect once: the nearest in order.
  SELECT DISTINCT ON (a.id) a.id, e.position
  FROM effects e
  CROSS JOIN LATERAL (
    SELECT p.id
    FROM @twins@.product_effects p
    WHERE p.twin_id = e.twin_id
      AND p.product_id = e.product_id
      AND p.start_date >= e.step_from
      AND p.start_date < e.step_until
      AND NOT twinmill.is_result(p.id)
    ORDER BY p.start_date = e.start_date DESC, p.start_date, p.id
    LIMIT 1
  ) AS a
  ORDER BY a.id, e.position
), completed AS (
  UPDATE @twins@.product_effects p
  SET
    observed_effects = e.observed,
    side_effects = e.side,
    effectiveness_score = e.score,
    -- The application's own keys stay; a document that is no object, or cannot be read, stays whole.
    metadata = CASE json_typeof(d.document)
      WHEN 'object' THEN (d.document::jsonb || e.metadata)::json
      ELSE CASE WHEN p.metadata IS NULL OR p.metadata::text = 'null' THEN e.metadata::json ELSE p.metadata::json END
    END
  FROM matched m
  JOIN effects e ON e.position = m.position
  JOIN @twins@.product_effects own ON own.id = m.id
  CROSS JOIN LATERAL (SELECT twinmill.readable_json(own.metadata::json)) AS d (document)
  WHERE p.id = m.id
), replaced AS (
  DELETE FROM @twins@.product_effects p
  USING latest l
  WHERE p.twin_id = l.twin_id AND twinmill.is_result(p.id)
), unmatched AS MATERIALIZED (
  SELECT e.*
  FROM effects e
  WHERE e.is_judged AND e.position NOT IN (SELECT m.position FROM matched m)
), missing AS MATERIALIZED (
  SELECT unnest(twinmill.missing_products(ARRAY(SELECT DISTINCT u.product_id FROM unmatched u))) AS product_id
), told AS (
  UPDATE twinmill.results r
  SET summary = r.summary || jsonb_build_object('unknown_products', left_out.factors)
  FROM (
    SELECT u.twin_id, jsonb_agg(DISTINCT u.factor) AS factors
    FROM unmatched u
    WHERE u.product_id IN (SELECT m.product_id FROM missing m)
    GROUP BY u.twin_id
  ) AS left_out
  WHERE r.twin_id = left_out.twin_id AND r.kind = $5
)
INSERT INTO @twins@.product_effects
  (id, product_id, twin_id, start_date, end_date, observed_effects, side_effects, effectiveness_score, metadata)
SELECT
  twinmill.result_id(), u.product_id, u.twin_id, u.start_date, u.end_date, u.observed, u.side, u.score, u.metadata::json
FROM unmatched u
WHERE u.product_id NOT IN (SELECT m.product_id FROM missing m)
