-- Purpose: writes the correlations found for the twins of a batch, in place of those that this kind wrote for them
--   before; rows of an application stay (they have no id of a result).
--   Per job: $1 bigint[] job ids, $2 integer[] attempts, $3 uuid[] twins, $4 text[] metadata (JSON); $5 text kind.
--   Per row: $6 integer[] number of its job (from 1), $7 text[] factor types, $8 text[] factors,
--   $9 double precision[] strengths, $10 text[] observations (JSON).
-- Runs after record_results in the same transaction: of two jobs for one twin only the one that read its input last is
-- recorded there, and only its rows are written.
-- Index relied on: results' primary key; twin_correlations (twin_id). Locks: the rows it replaces (their twin's result
--   row is locked by record_results, so no other batch replaces them at the same time); FOR KEY SHARE on the twins.
-- Rows: none; affected = correlations.
WITH latest AS MATERIALIZED (
  SELECT f.number, f.twin_id, (f.metadata::jsonb || jsonb_build_object('computed_at', now()))::json AS metadata
  FROM unnest($1::bigint[], $2::integer[], $3::uuid[], $4::text[])
    WITH ORDINALITY AS f (job_id, attempt, twin_id, metadata, number)
  JOIN twinmill.results r
    ON r.twin_id = f.twin_id AND r.kind = $5 AND r.job_id = f.job_id AND r.attempt = f.attempt
), replaced AS (
  DELETE FROM @twins@.twin_correlations c
  USING latest l
  WHERE c.twin_id = l.twin_id AND twinmill.is_result(c.id)
)
INSERT INTO @twins@.twin_correlations
  (id, twin_id, factor_type, factor_value, correlation_strength, observations, metadata)
SELECT twinmill.result_id(), l.twin_id, c.factor_type, left(c.factor, 255), c.strength, c.observations::json, l.metadata
FROM unnest($6::integer[], $7::text[], $8::text[], $9::double precision[], $10::text[])
  AS c (number, factor_type, factor, strength, observations)
JOIN latest l ON l.number = c.number
