-- Purpose: the newest prediction of twins, one row per twin and metric, arrays by date. $1 uuid[] twins.
-- Index relied on: the primary key of results, twin_predictions (twin_id). Locks: ACCESS SHARE.
-- Rows: twin_id, metric, job_id, dates timestamptz[], mean, lo95 and hi95 double precision[]; steps that are no numbers
--   are left out. Expected rows: one per metric.
SELECT
  p.twin_id,
  p.metric,
  p.job_id,
  array_agg(p.prediction_date ORDER BY p.prediction_date) AS dates,
  array_agg(p.mean ORDER BY p.prediction_date) AS mean,
  array_agg(p.lo95 ORDER BY p.prediction_date) AS lo95,
  array_agg(p.hi95 ORDER BY p.prediction_date) AS hi95
FROM twinmill.latest_predictions p
WHERE p.twin_id = ANY ($1::uuid[]) AND p.mean IS NOT NULL AND p.lo95 IS NOT NULL AND p.hi95 IS NOT NULL
GROUP BY p.twin_id, p.metric, p.job_id
