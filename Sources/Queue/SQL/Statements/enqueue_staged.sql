-- Purpose: enqueues the staged jobs. $1 whether to answer every job, or only the refused ones.
-- Index:   see insert_jobs.
-- Locks:   see insert_jobs.
-- Rows:    per outcome one without a number, whose job_id is the count; then one per job answered, in order.
WITH results AS MATERIALIZED (
  SELECT r.number, r.job_id, r.outcome, r.message
  FROM twinmill.enqueue_documents((SELECT array_agg(s.job ORDER BY s.number) FROM pg_temp.twinmill_staged_jobs s)) AS r
)
SELECT NULL::bigint AS number, count(*) AS job_id, r.outcome, NULL::text AS unique_key, NULL::text AS message
FROM results r GROUP BY r.outcome
UNION ALL
SELECT r.number, r.job_id, r.outcome, s.job ->> 'unique_key', r.message
FROM results r JOIN pg_temp.twinmill_staged_jobs s ON s.number = r.number
WHERE $1 OR r.outcome = 'refused'
ORDER BY number NULLS FIRST
