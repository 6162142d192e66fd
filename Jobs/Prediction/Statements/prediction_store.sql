-- Purpose: writes the predictions of a batch and what they were computed from.
--   Per job: $1 bigint[] job ids, $2 integer[] attempts, $3 uuid[] twins, $4 text[] input hashes, $5 timestamptz[] when
--   the input was read, $6 text[] metadata (JSON); $7 text code version; $8 text kind.
--   Per row: $9 integer[] number of its job (from 1), $10 timestamptz[] dates, $11 text[] states (JSON),
--   $12 double precision[] confidences, $13 text[] factors (JSON).
-- All rows of a transaction have one created_at, which is computed_at in results: the view of the latest predictions
-- joins by it. Of two jobs for one twin the one that read its input last is the latest, whoever stores last.
-- Index relied on: results' primary key. Locks: result rows in the order of their twins, so that batches do not
--   deadlock; FOR KEY SHARE on the twins. Rows: none; affected = predictions.
WITH finished AS MATERIALIZED (
  SELECT f.*
  FROM unnest($1::bigint[], $2::integer[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[])
    WITH ORDINALITY AS f (job_id, attempt, twin_id, input_hash, read_at, metadata, number)
), recorded AS (
  INSERT INTO twinmill.results AS r
    (twin_id, kind, input_hash, code_version, job_id, attempt, computed_at, checked_at)
  SELECT DISTINCT ON (f.twin_id) f.twin_id, $8, f.input_hash, $7, f.job_id, f.attempt, now(), f.read_at
  FROM finished f
  ORDER BY f.twin_id, f.read_at DESC, f.job_id DESC
  ON CONFLICT (twin_id, kind) DO UPDATE
  SET input_hash = excluded.input_hash, code_version = excluded.code_version, job_id = excluded.job_id,
    attempt = excluded.attempt, computed_at = excluded.computed_at, checked_at = excluded.checked_at
  WHERE r.checked_at <= excluded.checked_at
)
INSERT INTO @twins@.twin_predictions
  (id, twin_id, created_at, prediction_date, predicted_state, confidence_score, factors, metadata)
SELECT gen_random_uuid(), f.twin_id, now(), p.date, p.state::json, p.confidence, p.factors::json, f.metadata::json
FROM unnest($9::integer[], $10::timestamptz[], $11::text[], $12::double precision[], $13::text[])
  AS p (number, date, state, confidence, factors)
JOIN finished f ON f.number = p.number
