-- Purpose: shows how fresh the results of each twin and kind are, and which job will refresh them.
-- Index:   results_pkey, twin_sweeps_pkey, jobs_unique, job_history_job. It reads all of twin_changes.
-- Locks:   none.
-- Rows:    one per twin and kind that is recomputed on change.
-- Grant:   twinmill_worker, twinmill_read
CREATE OR REPLACE VIEW twinmill.freshness AS
SELECT
  t.id AS twin_id,
  t.domain,
  t.subject,
  k.name AS kind,
  CASE
    WHEN r.computed_at IS NULL THEN 'never'
    WHEN m.dirty_since IS NOT NULL OR s.swept_at > read.last THEN 'stale'
    ELSE 'fresh'
  END AS state,
  r.computed_at,
  read.last AS checked_at,
  least(m.dirty_since, CASE WHEN s.swept_at > read.last OR r.computed_at IS NULL THEN s.dirty_since END) AS dirty_since,
  r.job_id,
  j.job_id AS unfinished_job_id
FROM @twins@.user_digital_twins t
CROSS JOIN (SELECT name FROM twinmill.kinds WHERE recomputes_on_change) k
LEFT JOIN twinmill.results r ON r.twin_id = t.id AND r.kind = k.name
LEFT JOIN (
  SELECT twin_id, min(changed_at) AS dirty_since FROM twinmill.twin_changes GROUP BY twin_id
) m ON m.twin_id = t.id
LEFT JOIN twinmill.twin_sweeps s ON s.twin_id = t.id AND s.kind = k.name
LEFT JOIN LATERAL (
  -- A job that found its input unchanged writes no result, but the history shows that it read the input. This matters
  -- only after a sweep that is newer than the result.
  SELECT f.started_at
  FROM twinmill.job_history f
  WHERE f.job_id = s.job_id
    AND f.finished_at >= s.swept_at
    AND f.state = 'completed'
    AND s.swept_at > r.checked_at
  LIMIT 1
) h ON true
CROSS JOIN LATERAL (SELECT greatest(r.checked_at, h.started_at) AS last) read
-- The sweep and recompute() name their jobs after the twin.
LEFT JOIN twinmill.live_jobs j ON j.kind = k.name AND j.unique_key = t.id::text
WHERE t.domain IS NOT NULL;
COMMENT ON VIEW twinmill.freshness IS
  'State of the results per twin and kind: never, stale (input was written since it was last read; dirty_since says '
  'when) or fresh; and the waiting or running job that will refresh them';
COMMENT ON COLUMN twinmill.freshness.twin_id IS 'The twin';
COMMENT ON COLUMN twinmill.freshness.domain IS 'The twin''s domain';
COMMENT ON COLUMN twinmill.freshness.subject IS 'The person or thing that the twin represents';
COMMENT ON COLUMN twinmill.freshness.kind IS 'The kind of job';
COMMENT ON COLUMN twinmill.freshness.state IS 'fresh, stale or never';
COMMENT ON COLUMN twinmill.freshness.computed_at IS 'When the result was written';
COMMENT ON COLUMN twinmill.freshness.checked_at IS 'When the input was last read';
COMMENT ON COLUMN twinmill.freshness.dirty_since IS 'When the oldest change was written that no result has read';
COMMENT ON COLUMN twinmill.freshness.job_id IS 'The job that wrote the result';
COMMENT ON COLUMN twinmill.freshness.unfinished_job_id IS 'The waiting or running job that will refresh the result';
