-- Purpose: enqueue the staged jobs. $1 whether to answer every line, or only the refused ones.
-- Index: as twinmill.enqueue_many.  Locks: as there.
-- Rows: per outcome one without a line, whose job_id is the count; then one per line answered, in order.
WITH staged AS MATERIALIZED (
  SELECT s.line, s.job, row_number() OVER (ORDER BY s.line) AS number FROM pg_temp.twinmill_staged_jobs s
), results AS MATERIALIZED (
  SELECT r.number, r.job_id, r.outcome, r.message
  FROM twinmill.enqueue_many((SELECT jsonb_agg(s.job ORDER BY s.number) FROM staged s)) AS r
)
SELECT NULL::bigint AS line, count(*) AS job_id, r.outcome, NULL::text AS unique_key, NULL::text AS message
FROM results r GROUP BY r.outcome
UNION ALL
SELECT s.line, r.job_id, r.outcome, s.job ->> 'unique_key', r.message
FROM results r JOIN staged s ON s.number = r.number
WHERE $1 OR r.outcome = 'refused'
ORDER BY line NULLS FIRST
