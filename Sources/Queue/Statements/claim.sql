-- Purpose: claim up to a batch of one lane's jobs: of the lanes given, the one of the lowest rank whose next job has
--          waited longest, a step of priority counting as so many seconds.
--          $1 worker, $2 token; $3 lanes, $4 whether returned, $5 cursors, $6 batch limits, $7 ranks, $8 seconds that
--          the lane is behind for its priority: one each.
-- Index:   jobs_ready, entered after each lane's cursor, so that dead entries in front of it are not walked again;
--          claims_lane, entered there too, for what others are working on.
-- Locks:   the claimed rows, in order of place, until the claim commits; rows that others hold are skipped.
-- Rows:    0 … batch limit, with the bounds of the snapshot for the cursor.
-- The claim is one row; the jobs' rows are not written. Who claims at the same moment skips the locked rows; who comes
-- to them later, with a snapshot from before, finds out by claim_overlap.
WITH wanted AS MATERIALIZED (
  SELECT w.*
  FROM unnest($3::integer[], $4::boolean[], $5::bigint[], $6::integer[], $7::integer[], $8::float8[])
    AS w(lane, is_returned, cursor, batch, rank, behind)
  -- Claim only while registered: nobody would notice the death of an unknown worker.
  WHERE EXISTS (SELECT FROM twinmill.workers r WHERE r.id = $1 AND r.lease_until > clock_timestamp())
    AND NOT EXISTS (
      SELECT FROM twinmill.queue_settings s JOIN twinmill.lanes l ON l.queue = s.queue
      WHERE l.lane = w.lane AND (s.is_paused OR s.is_limited))
), busy AS MATERIALIZED (
  SELECT member.job_id
  FROM wanted w, LATERAL (
    SELECT c.job_ids FROM twinmill.claims c
    WHERE c.lane = w.lane AND c.is_returned = w.is_returned AND c.highest > w.cursor
    -- Not to be made a join: planned on few claims it would read all, the dead ones of a held snapshot too.
    OFFSET 0
  ) AS other, unnest(other.job_ids) AS member(job_id)
), chosen AS MATERIALIZED (
  SELECT w.lane, w.is_returned, w.batch, head.place
  FROM wanted w, LATERAL (
    SELECT coalesce(j.turn, j.job_id) AS place, j.run_at FROM twinmill.live_jobs j
    WHERE j.state = 'ready' AND j.crashes < 2
      AND j.lane = w.lane AND (j.turn IS NOT NULL) = w.is_returned AND coalesce(j.turn, j.job_id) > w.cursor
      AND j.job_id NOT IN (SELECT b.job_id FROM busy b)
    ORDER BY coalesce(j.turn, j.job_id) LIMIT 1
  ) AS head
  ORDER BY w.rank, head.run_at + make_interval(secs => w.behind)
  LIMIT 1
), picked AS MATERIALIZED (
  SELECT job.*
  FROM chosen, LATERAL (
    SELECT coalesce(j.turn, j.job_id) AS place, j.* FROM twinmill.live_jobs j
    WHERE j.state = 'ready' AND j.crashes < 2
      AND j.lane = chosen.lane AND (j.turn IS NOT NULL) = chosen.is_returned
      AND coalesce(j.turn, j.job_id) >= chosen.place
      AND j.job_id NOT IN (SELECT b.job_id FROM busy b)
    ORDER BY coalesce(j.turn, j.job_id) LIMIT chosen.batch
    FOR UPDATE SKIP LOCKED
  ) AS job
), claim AS (
  INSERT INTO twinmill.claims (token, worker, lane, is_returned, highest, job_ids, keys)
  SELECT $2, $1, c.lane, c.is_returned, p.highest, p.job_ids, p.keys
  FROM chosen c, (
    SELECT max(place) AS highest, array_agg(job_id ORDER BY place) AS job_ids,
           CASE WHEN count(concurrency_key) > 0 THEN array_agg(concurrency_key ORDER BY place) END AS keys
    FROM picked
  ) AS p
  WHERE p.highest IS NOT NULL
  RETURNING claimed_at
)
SELECT p.job_id, p.lane, p.place, p.turn IS NOT NULL AS is_returned, p.twin_id, p.arguments,
       p.attempt + 1 AS attempt, p.max_attempts::integer, p.crashes::integer, p.enqueued_at, p.run_at,
       claim.claimed_at, p.deadline, p.concurrency_key, p.requested_by, p.schedule, p.tick,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS snapshot_xmin,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS snapshot_xmax
FROM picked p, claim
