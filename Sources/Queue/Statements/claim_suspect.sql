-- Purpose: claim one job that was there at two crashes, alone, so that the third convicts the right one.
--          $1 worker, $2 token, $3 queues (NULL: all), $4 kinds.
-- Index:   jobs_suspect (nearly always empty), jobs_pkey.  Locks: the claimed row.  Rows: 0 or 1.
WITH picked AS MATERIALIZED (
  SELECT j.id FROM twinmill.jobs j
  WHERE j.state = 'ready' AND j.crashes >= 2 AND ($3::text[] IS NULL OR j.queue = ANY ($3::text[]))
    AND j.kind = ANY ($4::text[])
    AND EXISTS (SELECT FROM twinmill.workers w WHERE w.id = $1 AND w.lease_until > clock_timestamp())
  ORDER BY j.id LIMIT 1
  FOR UPDATE SKIP LOCKED
)
UPDATE twinmill.jobs j
SET state = 'running', attempt = j.attempt + 1, claimed_by = $1, token = $2, claimed_at = clock_timestamp()
FROM picked
WHERE j.id = picked.id
RETURNING j.id, j.kind, j.queue, j.priority::integer, j.twin_id, j.arguments, j.attempt::integer,
          j.max_attempts::integer, j.crashes::integer, j.enqueued_at, j.run_at, j.claimed_at, j.requested_by,
          j.schedule, j.tick,
          pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS snapshot_xmin,
          pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS snapshot_xmax
