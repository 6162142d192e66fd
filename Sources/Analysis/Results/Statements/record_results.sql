-- Purpose: records the results of a batch with their inputs; the store of every kind begins with it.
--   Per job: $1 bigint[] job ids, $2 integer[] attempts, $3 uuid[] twins, $4 text[] input hashes, $5 timestamptz[] when
--   the input was read, $6 text[] metadata (JSON); $7 text code version; $8 text kind.
-- All rows of a transaction have one now(), so computed_at equals created_at of the rows: views of the latest result
-- join by it. Of two jobs for one twin the one that read its input last is the latest, also if it stores first. A kind
-- whose rows replace earlier ones replaces them only where its job is the one recorded here.
-- Index relied on: results' primary key. Locks: result rows in the order of their twins, so that batches do not
--   deadlock. Rows: none; affected = twins.
INSERT INTO twinmill.results AS r
  (twin_id, kind, input_hash, code_version, job_id, attempt, computed_at, checked_at, summary)
SELECT DISTINCT ON (f.twin_id)
  f.twin_id, $8, f.input_hash, $7, f.job_id, f.attempt, now(), f.read_at, f.metadata::jsonb
FROM unnest($1::bigint[], $2::integer[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[])
  AS f (job_id, attempt, twin_id, input_hash, read_at, metadata)
ORDER BY f.twin_id, f.read_at DESC, f.job_id DESC
ON CONFLICT (twin_id, kind) DO UPDATE
SET input_hash = excluded.input_hash, code_version = excluded.code_version, job_id = excluded.job_id,
  attempt = excluded.attempt, computed_at = excluded.computed_at, checked_at = excluded.checked_at,
  summary = excluded.summary
WHERE r.checked_at <= excluded.checked_at
