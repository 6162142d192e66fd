-- Purpose: claim up to a batch of one lane's jobs: of the lanes given, the one of the lowest rank whose next job has
--          waited longest, a step of priority counting as so many seconds.
--          $1 worker, $2 token; $3 lanes, $4 whether returned, $5 cursors, $6 batch limits, $7 ranks, $8 seconds that
--          the lane is behind for its priority: one each.
-- Index:   see claim_ranges.sql, which is put in.
-- Locks:   the claimed rows, in order of place, until the claim commits; rows that others hold are skipped.
-- Rows:    0 … batch limit, with the bounds of the snapshot for the cursor.
-- The claim is one row; the jobs' rows are not written. Who claims at the same moment skips the locked rows; who comes
-- to them later, with a snapshot from before, finds out by claim_overlap.
WITH wanted AS MATERIALIZED (
  SELECT w.*
  FROM unnest($3::integer[], $4::boolean[], $5::bigint[], $6::integer[], $7::integer[], $8::float8[])
    AS w(lane, is_requeued, cursor, batch, rank, priority_penalty)
  -- Claim only while registered: nobody would notice the death of an unknown worker.
  WHERE EXISTS (SELECT FROM twinmill.workers r WHERE r.id = $1 AND r.lease_until > clock_timestamp())
    AND NOT EXISTS (
      SELECT FROM twinmill.queue_settings s JOIN twinmill.lanes l ON l.queue = s.queue
      WHERE l.lane = w.lane AND (s.is_paused OR s.is_limited))
),
@claim_ranges@,
claim AS (
  INSERT INTO twinmill.claims (token, worker, lane, is_requeued, last_position, job_ids, keys)
  SELECT $2, $1, c.lane, c.is_requeued, p.last_position, p.job_ids, p.keys
  FROM chosen c, (
    SELECT max(position) AS last_position, array_agg(job_id ORDER BY position) AS job_ids,
           CASE WHEN count(concurrency_key) > 0 THEN array_agg(concurrency_key ORDER BY position) END AS keys
    FROM picked
  ) AS p
  WHERE p.last_position IS NOT NULL
  RETURNING claimed_at
)
SELECT p.job_id, p.lane, p.position, p.requeue_seq IS NOT NULL AS is_requeued, p.twin_id, p.arguments,
       p.attempt + 1 AS attempt, p.max_attempts::integer, p.crashes::integer, p.enqueued_at, p.run_at,
       claim.claimed_at, p.deadline, p.concurrency_key, p.requested_by, p.schedule, p.tick,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS snapshot_xmin,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS snapshot_xmax
FROM picked p, claim
