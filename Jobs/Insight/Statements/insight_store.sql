-- Purpose: writes the episodes of a batch in place.
--   Per job: $1 bigint[] job ids, $2 integer[] attempts, $3 uuid[] twins; $4 text kind.
--   Per episode seen: $5 integer[] number of its job (from 1), $6 uuid[] ids, $7 text[] types, $8 text[] severities,
--   $9 text[] titles, $10 text[] descriptions, $11 text[] data points (JSON), $12 double precision[] confidences,
--   $13 text[] action items (JSON), $14 text[] metadata (JSON).
--   Per episode not seen: $15 integer[] number of its job, $16 uuid[] ids, $17 text[] severities, $18 text[] metadata.
-- Runs after record_results in the same transaction: of two jobs for one twin only the one that read its input last is
-- recorded there, and only it writes, because the other knows less.
-- Index relied on: the primary keys of results and twin_insights. Locks: rows of twins whose result row record_results
--   has locked; FOR KEY SHARE on the twins. Rows: none; affected = episodes seen.
WITH latest AS MATERIALIZED (
  SELECT f.number, f.twin_id
  FROM unnest($1::bigint[], $2::integer[], $3::uuid[]) WITH ORDINALITY AS f (job_id, attempt, twin_id, number)
  JOIN twinmill.results r
    ON r.twin_id = f.twin_id AND r.kind = $4 AND r.job_id = f.job_id AND r.attempt = f.attempt
), kept AS (
  UPDATE @twins@.twin_insights i
  SET severity = e.severity, metadata = e.metadata::json
  FROM unnest($15::integer[], $16::uuid[], $17::text[], $18::text[]) AS e (number, id, severity, metadata)
  JOIN latest l ON l.number = e.number
  WHERE i.id = e.id AND i.twin_id = l.twin_id
)
INSERT INTO @twins@.twin_insights AS i
  (id, twin_id, created_at, insight_type, severity, title, description, data_points, confidence, action_items, metadata)
SELECT e.id, l.twin_id, now(), e.insight_type, e.severity, e.title, e.description, e.data_points::json, e.confidence,
  e.action_items::json, e.metadata::json
FROM unnest(
    $5::integer[], $6::uuid[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::double precision[],
    $13::text[], $14::text[])
  AS e (number, id, insight_type, severity, title, description, data_points, confidence, action_items, metadata)
JOIN latest l ON l.number = e.number
ORDER BY e.id
ON CONFLICT (id) DO UPDATE
SET insight_type = excluded.insight_type, severity = excluded.severity, title = excluded.title,
  description = excluded.description, data_points = excluded.data_points, confidence = excluded.confidence,
  action_items = excluded.action_items, metadata = excluded.metadata
