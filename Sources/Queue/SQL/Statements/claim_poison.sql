-- Purpose: claims one poison job alone: the third crash then convicts the right job. $1 worker, $2 token,
--          $3 queues (NULL: all), $4 kinds.
-- Index:   jobs_poison (nearly always empty); claims is short.
-- Locks:   the claimed row; the queue's settings if it has a rate.
-- Rows:    0 or 1.
-- For a queue with limits, lock_poison must have locked it before in the same transaction, and it must have room. Two
-- claims at the same moment find each other by claim_overlap.
WITH bucket AS MATERIALIZED (
  SELECT s.queue, twinmill.starts_left(s) AS tokens FROM twinmill.queue_settings s
  WHERE s.queue = current_setting('twinmill.locked_queue', true) AND s.rate IS NOT NULL
  FOR NO KEY UPDATE SKIP LOCKED
), picked AS MATERIALIZED (
  SELECT j.*, l.queue, l.tenant, l.priority FROM twinmill.live_jobs j
  JOIN twinmill.lanes l ON l.lane = j.lane
  WHERE j.state = 'ready' AND j.crashes >= 2 AND l.kind = ANY ($4::text[])
    AND ($3::text[] IS NULL OR l.queue = ANY ($3::text[]))
    AND EXISTS (SELECT FROM twinmill.workers w WHERE w.id = $1 AND w.lease_until > clock_timestamp())
    AND NOT EXISTS (SELECT FROM twinmill.queue_settings s WHERE s.queue = l.queue AND s.is_paused)
    AND NOT EXISTS (SELECT FROM twinmill.claims c WHERE j.job_id = ANY (c.job_ids))
    AND (
      NOT EXISTS (SELECT FROM twinmill.queue_settings s WHERE s.queue = l.queue AND s.is_limited)
      OR l.queue = current_setting('twinmill.locked_queue', true) AND EXISTS (
        SELECT FROM twinmill.queue_settings s, LATERAL (
          SELECT count(*) AS of_queue, count(*) FILTER (WHERE member.key = j.concurrency_key) AS of_key
          FROM twinmill.claims c CROSS JOIN unnest(c.job_ids, c.lanes, c.keys) AS member(job_id, lane, key)
          JOIN twinmill.lanes k ON k.lane = coalesce(member.lane, c.lane)
          WHERE k.queue = l.queue
        ) AS running
        WHERE s.queue = l.queue AND (s.rate IS NULL OR EXISTS (SELECT FROM bucket b WHERE b.tokens >= 1))
          AND running.of_queue < coalesce(s.max_running, 100000)
          AND running.of_key < coalesce(s.max_running_per_key, 100000)))
  ORDER BY j.job_id LIMIT 1
  FOR UPDATE OF j SKIP LOCKED
), claim AS (
  INSERT INTO twinmill.claims (token, worker, lane, is_requeued, first_position, last_position, job_ids, keys)
  SELECT $2, $1, p.lane, p.requeue_seq IS NOT NULL, coalesce(p.requeue_seq, p.job_id),
         coalesce(p.requeue_seq, p.job_id), ARRAY[p.job_id], ARRAY[p.concurrency_key]
  FROM picked p
  RETURNING claimed_at
), spent AS (
  UPDATE twinmill.queue_settings s SET rate_left = b.tokens - 1, rate_left_at = clock_timestamp()
  FROM bucket b JOIN picked p ON p.queue = b.queue
  WHERE s.queue = b.queue
)
SELECT p.job_id, p.lane, coalesce(p.requeue_seq, p.job_id) AS position, p.requeue_seq IS NOT NULL AS is_requeued,
       p.twin_id, p.arguments, p.attempt + 1 AS attempt, p.max_attempts::integer, p.crashes::integer, p.enqueued_at,
       p.run_at, claim.claimed_at, p.deadline, p.concurrency_key, p.requested_by, p.schedule, p.tick,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS snapshot_xmin,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS snapshot_xmax,
       p.queue, p.kind, p.tenant, p.priority::integer
FROM picked p, claim
