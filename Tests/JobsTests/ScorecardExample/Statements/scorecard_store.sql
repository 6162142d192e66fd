-- Purpose: writes the scores of a batch; a new score of a twin's metric replaces the last one.
--   Per row: $1 bigint[] job ids, $2 uuid[] twins, $3 text[] metrics, $4 bigint[] counts, $5 double precision[] shares.
-- Index:   scorecard_example_pkey.
-- Locks:   the rows written, in the order of the key, so that batches do not deadlock.
-- Rows:    none.
INSERT INTO twinmill.scorecard_example AS s (twin_id, metric, job_id, observations, share)
SELECT DISTINCT ON (f.twin_id, f.metric) f.twin_id, f.metric, f.job_id, f.observations, f.share
FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::bigint[], $5::double precision[])
  AS f (job_id, twin_id, metric, observations, share)
ORDER BY f.twin_id, f.metric, f.job_id DESC
ON CONFLICT (twin_id, metric) DO UPDATE
SET job_id = excluded.job_id, observations = excluded.observations, share = excluded.share, computed_at = now()
