-- Purpose: shows the newest prediction of each twin as rows.
-- Index:   results_pkey, twin_predictions (twin_id).
-- Locks:   none.
-- Rows:    one per twin, date and metric.
-- Grant:   twinmill_worker, twinmill_read
CREATE OR REPLACE VIEW twinmill.latest_predictions AS
SELECT
  t.domain,
  t.subject,
  p.twin_id,
  p.prediction_date,
  m.key AS metric,
  (m.value ->> 'mean')::double precision AS mean,
  (m.value ->> 'lo80')::double precision AS lo80,
  (m.value ->> 'hi80')::double precision AS hi80,
  (m.value ->> 'lo95')::double precision AS lo95,
  (m.value ->> 'hi95')::double precision AS hi95,
  p.confidence_score,
  p.created_at,
  r.job_id
FROM twinmill.results r
JOIN @twins@.user_digital_twins t ON t.id = r.twin_id
JOIN @twins@.twin_predictions p
  ON p.twin_id = r.twin_id AND p.created_at = r.computed_at AND p.metadata ->> 'job_id' = r.job_id::text
CROSS JOIN LATERAL json_each(p.predicted_state::json) AS m (key, value)
WHERE r.kind = 'prediction';
COMMENT ON VIEW twinmill.latest_predictions IS
  'The newest prediction of each twin, one row per date and metric: mean and the bounds of the 80 % and 95 % intervals';
COMMENT ON COLUMN twinmill.latest_predictions.domain IS 'The twin''s domain';
COMMENT ON COLUMN twinmill.latest_predictions.subject IS 'The person or thing that the twin represents';
COMMENT ON COLUMN twinmill.latest_predictions.twin_id IS 'The twin';
COMMENT ON COLUMN twinmill.latest_predictions.prediction_date IS 'The instant that is predicted';
COMMENT ON COLUMN twinmill.latest_predictions.metric IS 'The metric';
COMMENT ON COLUMN twinmill.latest_predictions.mean IS 'The predicted value';
COMMENT ON COLUMN twinmill.latest_predictions.lo80 IS 'Lower bound of the 80 % interval';
COMMENT ON COLUMN twinmill.latest_predictions.hi80 IS 'Upper bound of the 80 % interval';
COMMENT ON COLUMN twinmill.latest_predictions.lo95 IS 'Lower bound of the 95 % interval';
COMMENT ON COLUMN twinmill.latest_predictions.hi95 IS 'Upper bound of the 95 % interval';
COMMENT ON COLUMN twinmill.latest_predictions.confidence_score IS '0 to 1: how narrow the intervals are';
COMMENT ON COLUMN twinmill.latest_predictions.created_at IS 'When the prediction was written';
COMMENT ON COLUMN twinmill.latest_predictions.job_id IS 'The job that wrote it';
