-- Purpose: writes the predictions of a batch.
--   Per job: $1 uuid[] twins, $2 text[] metadata (JSON).
--   Per row: $3 integer[] number of its job (from 1), $4 timestamptz[] dates, $5 text[] states (JSON),
--   $6 double precision[] confidences, $7 text[] factors (JSON).
-- created_at is now(), which is computed_at in results: the view of the latest predictions joins by it.
-- Index relied on: none. Locks: FOR KEY SHARE on the twins. Rows: none; affected = predictions.
INSERT INTO @twins@.twin_predictions
  (id, twin_id, created_at, prediction_date, predicted_state, confidence_score, factors, metadata)
SELECT gen_random_uuid(), f.twin_id, now(), p.date, p.state::json, p.confidence, p.factors::json, f.metadata::json
FROM unnest($3::integer[], $4::timestamptz[], $5::text[], $6::double precision[], $7::text[])
  AS p (number, date, state, confidence, factors)
JOIN unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS f (twin_id, metadata, number) ON f.number = p.number
