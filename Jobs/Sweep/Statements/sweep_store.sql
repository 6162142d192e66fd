-- Purpose: turns marks into jobs: enqueues every kind that is recomputed on change for the marked twins, one job per
--   kind and twin, and deletes the marks that are thereby taken care of. $1 bigint[] ids of the marks.
-- No change is ever lost:
--   - marks go by their exact ids, so a mark that commits while the sweep runs stays for the next one;
--   - a job that was already there (merged) and is running may have read its input before the change: its twin's marks
--     stay. One that still waits will read later, hence after these marks were committed;
--   - marks of twins that are gone, or that no domain describes yet, ask for nothing and go (register_twins marks a
--     twin when it gets its domain).
-- swept_at is when this transaction began: every job that was not running then, or is new, reads its input after it,
-- and the marks had committed before it.
-- Index relied on: twin_changes' and jobs' primary keys, jobs_unique (in enqueue). Locks: the marks, by id; new jobs.
-- Rows: one: marks deleted, twins enqueued, jobs inserted, jobs merged, twins kept for the next sweep.
WITH marks AS MATERIALIZED (
  SELECT c.id, c.twin_id, c.changed_at
  FROM twinmill.twin_changes c
  WHERE c.id = ANY ($1::bigint[])
  ORDER BY c.id
  FOR UPDATE SKIP LOCKED
), dirty AS MATERIALIZED (
  SELECT m.twin_id, min(m.changed_at) AS dirty_since, t.domain IS NOT NULL AS is_ready, t.id IS NULL AS is_gone
  FROM marks m
  LEFT JOIN @twins@.user_digital_twins t ON t.id = m.twin_id
  GROUP BY m.twin_id, t.id, t.domain
), requested AS MATERIALIZED (
  -- In one order, so that two sweeps at once wait for each other's keys instead of deadlocking.
  SELECT d.twin_id, d.dirty_since
  FROM dirty d
  WHERE d.is_ready
  ORDER BY d.twin_id
), enqueued AS MATERIALIZED (
  SELECT r.twin_id, r.dirty_since, e.kind, e.job_id, e.outcome
  FROM requested r
  CROSS JOIN LATERAL twinmill.recompute(r.twin_id) e
), kept AS MATERIALIZED (
  SELECT DISTINCT e.twin_id
  FROM enqueued e
  WHERE e.outcome = 'merged'
    AND NOT EXISTS (SELECT FROM twinmill.jobs j WHERE j.job_id = e.job_id AND j.state <> 'running')
), swept AS (
  INSERT INTO twinmill.twin_sweeps AS s (twin_id, kind, dirty_since, swept_at, job_id)
  SELECT e.twin_id, e.kind, e.dirty_since, now(), e.job_id
  FROM enqueued e
  WHERE e.twin_id NOT IN (SELECT k.twin_id FROM kept k)
  ORDER BY e.twin_id, e.kind
  ON CONFLICT (twin_id, kind) DO UPDATE
  SET dirty_since = excluded.dirty_since, swept_at = excluded.swept_at, job_id = excluded.job_id
), forgotten_results AS (
  DELETE FROM twinmill.results r WHERE r.twin_id = ANY (ARRAY(SELECT d.twin_id FROM dirty d WHERE d.is_gone))
), forgotten_sweeps AS (
  DELETE FROM twinmill.twin_sweeps s WHERE s.twin_id = ANY (ARRAY(SELECT d.twin_id FROM dirty d WHERE d.is_gone))
), deleted AS (
  DELETE FROM twinmill.twin_changes c
  USING marks m
  WHERE c.id = m.id AND m.twin_id NOT IN (SELECT k.twin_id FROM kept k)
  RETURNING c.id
)
SELECT
  (SELECT count(*) FROM deleted) AS marks_deleted,
  (SELECT count(DISTINCT twin_id) FROM enqueued) AS twins,
  (SELECT count(*) FROM enqueued WHERE outcome = 'inserted') AS inserted,
  (SELECT count(*) FROM enqueued WHERE outcome = 'merged') AS merged,
  (SELECT count(*) FROM kept) AS twins_kept
