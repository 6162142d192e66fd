-- Purpose: how the jobs of these twins ended since an instant, and how long each kind was at work. $1 uuid[] twins;
--   $2 timestamptz, only jobs finished since.
-- Index relied on: none: asked after a measurement. Locks: ACCESS SHARE.
-- Rows: one per kind: jobs, completed, unchanged, of more than one attempt, seconds in which at least one batch of the
--   kind was between its claim and its end, first claim, last end.
WITH ended AS MATERIALIZED (
  SELECT h.kind, h.state, h.result, h.attempt, h.claimed_at, h.finished_at
  FROM twinmill.job_history h
  WHERE h.twin_id = ANY ($1) AND h.finished_at >= $2
), spans AS (
  SELECT e.kind, range_agg(tstzrange(e.claimed_at, e.finished_at)) AS busy
  FROM ended e WHERE e.claimed_at IS NOT NULL AND e.finished_at >= e.claimed_at
  GROUP BY e.kind
), lengths AS (
  SELECT s.kind, sum(extract(epoch FROM upper(b.span) - lower(b.span)))::double precision AS seconds
  FROM spans s CROSS JOIN LATERAL unnest(s.busy) AS b (span)
  GROUP BY s.kind
)
SELECT e.kind, count(*), count(*) FILTER (WHERE e.state = 'completed'),
  count(*) FILTER (WHERE e.result = 'unchanged'), count(*) FILTER (WHERE e.attempt > 1),
  coalesce(max(l.seconds), 0), min(e.claimed_at), max(e.finished_at)
FROM ended e
LEFT JOIN lengths l ON l.kind = e.kind
GROUP BY e.kind
ORDER BY min(e.finished_at)
