-- Purpose: claims from one queue that has limits, as many jobs as they leave room for. It throttles jobs whose
--          concurrency key is full: they are blocked until the key has room. The rest is as in claim.sql. $1 worker, $2
--          token. One each: $3 lanes, $4 whether requeued, $5 cursors, $6 batch limits, $7 ranks, $8 seconds of penalty
--          for the lane's priority, $9 kinds. $10 queue.
-- Index:   see claim_ranges.sql, which Statements.swift puts in. It reads all of claims, one row per batch.
-- Locks:   lock_queue must have run before in the same transaction, because then no other claim counts meanwhile. The
--          claimed and the throttled rows; the queue's settings if it has a rate.
-- Rows:    0 to the batch limit; throttled jobs have no claimed_at. One without a job, and with has_room, if it took none.
WITH running AS MATERIALIZED (
  SELECT member.key, count(*)::integer AS running
  FROM twinmill.claims c
  CROSS JOIN LATERAL (
    SELECT coalesce(c.queues, ARRAY[(SELECT l.queue FROM twinmill.lanes l WHERE l.lane = c.lane)]) AS queues
  ) AS c_of
  CROSS JOIN unnest(c.job_ids, c.lanes, c.keys) AS member(job_id, lane, key)
  WHERE $10 = ANY (c_of.queues)
    -- A claim of several queues is from before this one had limits.
    AND (cardinality(c_of.queues) = 1
         OR (SELECT l.queue FROM twinmill.lanes l WHERE l.lane = member.lane) = $10)
  GROUP BY member.key
), spendable AS MATERIALIZED (
  -- A session that limits the queue may not have committed. The worker's other queues must not wait for it.
  SELECT FROM twinmill.queue_settings s WHERE s.queue = $10 AND s.rate IS NOT NULL FOR NO KEY UPDATE SKIP LOCKED
), bucket AS MATERIALIZED (
  SELECT s.queue, s.max_running, s.max_running_per_key, s.rate,
         CASE WHEN s.rate IS NOT NULL THEN twinmill.starts_left(s) END AS tokens
  FROM twinmill.queue_settings s
  WHERE s.queue = $10 AND NOT s.is_paused AND current_setting('twinmill.locked_queue', true) = s.queue
    AND (s.rate IS NULL OR EXISTS (SELECT FROM spendable))
    AND EXISTS (SELECT FROM twinmill.workers r WHERE r.id = $1 AND r.lease_until > clock_timestamp())
), room AS MATERIALIZED (
  SELECT b.max_running_per_key, b.tokens,
         least(coalesce(b.max_running - (SELECT sum(r.running) FROM running r), 100000),
               coalesce(b.max_running, 100000), coalesce(floor(b.tokens), 100000))::integer AS free
  FROM bucket b
), wanted AS MATERIALIZED (
  SELECT w.lane, w.is_requeued, w.cursor, least(w.batch, room.free) AS batch, w.rank, w.priority_penalty,
         $10::text AS queue, w.kind
  FROM room, unnest($3::integer[], $4::boolean[], $5::bigint[], $6::integer[], $7::integer[], $8::float8[], $9::text[])
    AS w(lane, is_requeued, cursor, batch, rank, priority_penalty, kind)
  WHERE room.free > 0
),
@claim_ranges@,
crowded AS MATERIALIZED (
  -- The running jobs of a key come first, then the picked ones in order. A join of the two would compare each with each,
  -- because claim_plan allows no other: 45 ms for 500 picked jobs; this takes 1 ms.
  SELECT k.job_id
  FROM (
    SELECT u.job_id, sum(u.weight) OVER (PARTITION BY u.key ORDER BY u.position) AS running
    FROM (
      SELECT c.concurrency_key AS key, c.position, 1 AS weight, c.job_id FROM picked c
      WHERE c.concurrency_key IS NOT NULL
      UNION ALL
      SELECT r.key, -1, r.running, NULL FROM running r WHERE r.key IS NOT NULL
    ) AS u
  ) AS k, room
  WHERE k.job_id IS NOT NULL AND k.running > room.max_running_per_key
), judged AS MATERIALIZED (
  SELECT c.*, c.job_id NOT IN (SELECT k.job_id FROM crowded k) AS has_room FROM picked c
), throttled AS (
  UPDATE twinmill.live_jobs j SET state = 'blocked'
  WHERE j.job_id = ANY (ARRAY(SELECT g.job_id FROM judged g WHERE NOT g.has_room))
), claim AS (
  INSERT INTO twinmill.claims
    (token, worker, lane, is_requeued, first_position, last_position, job_ids, keys, lanes, queues)
  SELECT $2, $1, p.lane, c.is_requeued, p.first_position, p.last_position, p.job_ids, p.keys,
         CASE WHEN p.lane = 0 THEN p.lanes END, CASE WHEN p.lane = 0 THEN ARRAY[$10] END
  FROM (SELECT c.is_requeued FROM chosen c LIMIT 1) AS c, (
    SELECT min(position) AS first_position, max(position) AS last_position, array_agg(job_id) AS job_ids,
           CASE WHEN count(concurrency_key) > 0 THEN array_agg(concurrency_key) END AS keys,
           CASE WHEN min(lane) = max(lane) THEN min(lane) ELSE 0 END AS lane, array_agg(lane) AS lanes
    FROM judged WHERE has_room
  ) AS p
  WHERE p.last_position IS NOT NULL
  RETURNING claimed_at, cardinality(job_ids) AS taken
), spent AS (
  UPDATE twinmill.queue_settings s
  SET rate_left = b.tokens - claim.taken, rate_left_at = clock_timestamp()
  FROM bucket b, claim
  WHERE s.queue = b.queue AND b.rate IS NOT NULL
)
SELECT g.job_id, g.lane, g.position, g.requeue_seq IS NOT NULL AS is_requeued, g.twin_id, g.arguments,
       g.attempt + 1 AS attempt, g.max_attempts::integer, g.crashes::integer, g.enqueued_at, g.run_at,
       CASE WHEN g.has_room THEN claim.claimed_at END AS claimed_at, g.deadline, g.concurrency_key, g.requested_by,
       g.schedule, g.tick,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS snapshot_xmin,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS snapshot_xmax,
       coalesce((SELECT room.free > 0 FROM room), false) AS has_room
FROM (VALUES (1)) AS one LEFT JOIN judged g ON true LEFT JOIN claim ON true
