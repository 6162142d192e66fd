-- Purpose: writes the recommendations of a batch in place. One that somebody finished or ignored while they were
--   computed stays as it is.
--   Per job: $1 bigint[] job ids, $2 integer[] attempts, $3 uuid[] twins; $4 text kind.
--   Per recommendation given: $5 integer[] number of its job (from 1), $6 uuid[] ids, $7 text[] types, $8 integer[]
--   priorities, $9 text[] titles, $10 text[] descriptions, $11 text[] products (JSON), $12 text[] actions (JSON),
--   $13 text[] expected impacts (JSON or NULL), $14 text[] metadata (JSON).
--   Per recommendation not given: $15 integer[] number of its job, $16 uuid[] ids, $17 text[] metadata; what it rested on
--   stays in its metadata.
-- Runs after record_results in the same transaction: only the job that is recorded there for its twin writes.
-- Index relied on: the primary keys of results and twin_recommendations. Locks: rows of twins whose result row
--   record_results has locked; FOR KEY SHARE on the twins. Rows: none; affected = recommendations given.
WITH latest AS MATERIALIZED (
  SELECT f.number, f.twin_id
  FROM unnest($1::bigint[], $2::integer[], $3::uuid[]) WITH ORDINALITY AS f (job_id, attempt, twin_id, number)
  JOIN twinmill.results r
    ON r.twin_id = f.twin_id AND r.kind = $4 AND r.job_id = f.job_id AND r.attempt = f.attempt
), kept AS (
  UPDATE @twins@.twin_recommendations n
  SET metadata = (n.metadata::jsonb || e.metadata::jsonb)::json
  FROM unnest($15::integer[], $16::uuid[], $17::text[]) AS e (number, id, metadata)
  JOIN latest l ON l.number = e.number
  WHERE n.id = e.id AND n.twin_id = l.twin_id AND n.metadata ->> 'state' = 'open'
)
INSERT INTO @twins@.twin_recommendations AS n
  (id, twin_id, created_at, recommendation_type, priority, title, description, products, actions, expected_impact,
   metadata)
SELECT e.id, l.twin_id, now(), e.recommendation_type, e.priority, e.title, e.description, e.products::json,
  e.actions::json, e.impact::json, e.metadata::json
FROM unnest(
    $5::integer[], $6::uuid[], $7::text[], $8::integer[], $9::text[], $10::text[], $11::text[], $12::text[],
    $13::text[], $14::text[])
  AS e (number, id, recommendation_type, priority, title, description, products, actions, impact, metadata)
JOIN latest l ON l.number = e.number
ORDER BY e.id
ON CONFLICT (id) DO UPDATE
SET recommendation_type = excluded.recommendation_type, priority = excluded.priority, title = excluded.title,
  description = excluded.description, products = excluded.products, actions = excluded.actions,
  expected_impact = excluded.expected_impact, metadata = excluded.metadata
WHERE n.metadata ->> 'state' NOT IN ('done', 'ignored')
