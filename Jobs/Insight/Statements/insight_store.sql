-- Purpose: writes the episodes of a batch in place, and what they were computed from.
--   Per job: $1 bigint[] job ids, $2 integer[] attempts, $3 uuid[] twins, $4 text[] input hashes, $5 timestamptz[] when
--   the input was read; $6 text code version; $7 text kind.
--   Per episode seen: $8 integer[] number of its job (from 1), $9 uuid[] ids, $10 text[] types, $11 text[] severities,
--   $12 text[] titles, $13 text[] descriptions, $14 text[] data points (JSON), $15 double precision[] confidences,
--   $16 text[] action items (JSON), $17 text[] metadata (JSON).
--   Per episode not seen: $18 integer[] number of its job, $19 uuid[] ids, $20 text[] severities, $21 text[] metadata.
-- Of two jobs for one twin only the one that read its input last writes: the other knows less.
-- Index relied on: the primary keys of results and twin_insights. Locks: result rows in the order of their twins, so
--   that batches do not deadlock, then rows of those twins; FOR KEY SHARE on the twins.
-- Rows: one, how many jobs wrote and how many episodes.
WITH finished AS MATERIALIZED (
  SELECT f.*
  FROM unnest($1::bigint[], $2::integer[], $3::uuid[], $4::text[], $5::timestamptz[])
    WITH ORDINALITY AS f (job_id, attempt, twin_id, input_hash, read_at, number)
), latest AS MATERIALIZED (
  SELECT DISTINCT ON (f.twin_id) f.* FROM finished f ORDER BY f.twin_id, f.read_at DESC, f.job_id DESC
), recorded AS (
  INSERT INTO twinmill.results AS r
    (twin_id, kind, input_hash, code_version, job_id, attempt, computed_at, checked_at)
  SELECT l.twin_id, $7, l.input_hash, $6, l.job_id, l.attempt, now(), l.read_at
  FROM latest l
  ORDER BY l.twin_id
  ON CONFLICT (twin_id, kind) DO UPDATE
  SET input_hash = excluded.input_hash, code_version = excluded.code_version, job_id = excluded.job_id,
    attempt = excluded.attempt, computed_at = excluded.computed_at, checked_at = excluded.checked_at
  WHERE r.checked_at <= excluded.checked_at
  RETURNING r.twin_id, r.job_id
), written AS (
  INSERT INTO @twins@.twin_insights AS i
    (id, twin_id, created_at, insight_type, severity, title, description, data_points, confidence, action_items,
     metadata)
  SELECT e.id, l.twin_id, now(), e.insight_type, e.severity, e.title, e.description, e.data_points::json, e.confidence,
    e.action_items::json, e.metadata::json
  FROM unnest(
      $8::integer[], $9::uuid[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
      $15::double precision[], $16::text[], $17::text[])
    AS e (number, id, insight_type, severity, title, description, data_points, confidence, action_items, metadata)
  JOIN latest l ON l.number = e.number
  JOIN recorded r ON r.twin_id = l.twin_id AND r.job_id = l.job_id
  ORDER BY e.id
  ON CONFLICT (id) DO UPDATE
  SET insight_type = excluded.insight_type, severity = excluded.severity, title = excluded.title,
    description = excluded.description, data_points = excluded.data_points, confidence = excluded.confidence,
    action_items = excluded.action_items, metadata = excluded.metadata
  RETURNING i.id
), kept AS (
  UPDATE @twins@.twin_insights i
  SET severity = e.severity, metadata = e.metadata::json
  FROM unnest($18::integer[], $19::uuid[], $20::text[], $21::text[]) AS e (number, id, severity, metadata)
  JOIN latest l ON l.number = e.number
  JOIN recorded r ON r.twin_id = l.twin_id AND r.job_id = l.job_id
  WHERE i.id = e.id AND i.twin_id = l.twin_id
  RETURNING i.id
)
SELECT
  (SELECT count(*) FROM recorded) AS jobs,
  (SELECT count(*) FROM written) + (SELECT count(*) FROM kept) AS episodes
