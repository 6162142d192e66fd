-- Purpose: claims up to a batch of jobs of one kind, from as many lane queues as it takes. Of those given it begins
--          with the one of the lowest rank whose next job has waited longest; a step of priority counts as so many
--          seconds. $1 worker, $2 token. One each: $3 lanes, $4 whether requeued, $5 cursors, $6 batch limits, $7 ranks,
--          $8 seconds of penalty for the lane's priority, $9 queues, $10 kinds.
-- Index:   see claim_ranges.sql, which Statements.swift puts in.
-- Locks:   the claimed rows, lane by lane in order of position, until the claim commits. It skips rows that others hold.
-- Rows:    0 to the batch limit, lane by lane, with the bounds of the snapshot for the cursor.
-- A claim is one row; it does not write the rows of its jobs. A claim at the same moment skips the locked rows. A later
-- one with an older snapshot finds the conflict by claim_overlap.
WITH wanted AS MATERIALIZED (
  SELECT w.*
  FROM unnest($3::integer[], $4::boolean[], $5::bigint[], $6::integer[], $7::integer[], $8::float8[], $9::text[],
              $10::text[]) AS w(lane, is_requeued, cursor, batch, rank, priority_penalty, queue, kind)
  -- Only a registered worker claims: no rescuer would notice the death of an unknown one.
  WHERE EXISTS (SELECT FROM twinmill.workers r WHERE r.id = $1 AND r.lease_until > clock_timestamp())
    AND w.queue NOT IN (SELECT s.queue FROM twinmill.queue_settings s WHERE s.is_paused OR s.is_limited)
),
@claim_ranges@,
claim AS (
  INSERT INTO twinmill.claims
    (token, worker, lane, is_requeued, first_position, last_position, job_ids, keys, lanes, queues)
  SELECT $2, $1, p.lane, c.is_requeued, p.first_position, p.last_position, p.job_ids, p.keys,
         CASE WHEN p.lane = 0 THEN p.lanes END, CASE WHEN p.lane = 0 THEN p.queues END
  FROM (SELECT c.is_requeued FROM chosen c LIMIT 1) AS c, (
    SELECT min(position) AS first_position, max(position) AS last_position, array_agg(job_id) AS job_ids,
           CASE WHEN count(concurrency_key) > 0 THEN array_agg(concurrency_key) END AS keys,
           CASE WHEN min(lane) = max(lane) THEN min(lane) ELSE 0 END AS lane,
           array_agg(lane) AS lanes,
           CASE WHEN min(queue) = max(queue) THEN ARRAY[min(queue)] ELSE array_agg(DISTINCT queue) END AS queues
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
