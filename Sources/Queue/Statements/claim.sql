-- Purpose: claim up to a batch of one lane's jobs: of the lanes given, the one whose next job comes first.
--          $1 worker, $2 token; $3 queues, $4 kinds, $5 priorities, $6 cursors, $7 batch limits: one lane each.
-- Index:   jobs_ready, entered after each lane's cursor, so that dead entries in front of it are not walked again;
--          jobs_pkey for the update.
-- Locks:   the claimed rows, in id order; rows that others hold are skipped.
-- Rows:    0 … batch limit, with the server's clock and the bounds of the snapshot for the cursor.
WITH lane AS MATERIALIZED (
  SELECT l.queue, l.kind, l.priority, l.batch, head.id
  FROM unnest($3::text[], $4::text[], $5::smallint[], $6::bigint[], $7::integer[])
       AS l(queue, kind, priority, cursor, batch),
       LATERAL (
         SELECT j.id FROM twinmill.jobs j
         WHERE j.state = 'ready' AND j.crashes < 2
           AND j.queue = l.queue AND j.kind = l.kind AND j.priority = l.priority AND j.id > l.cursor
         ORDER BY j.id LIMIT 1
       ) AS head
  -- Claim only while registered: nobody would notice the death of an unknown worker.
  WHERE EXISTS (SELECT FROM twinmill.workers w WHERE w.id = $1 AND w.lease_until > clock_timestamp())
  ORDER BY l.priority, head.id
  LIMIT 1
), picked AS MATERIALIZED (
  SELECT chosen.id
  FROM lane, LATERAL (
    SELECT j.id FROM twinmill.jobs j
    WHERE j.state = 'ready' AND j.crashes < 2
      AND j.queue = lane.queue AND j.kind = lane.kind AND j.priority = lane.priority AND j.id >= lane.id
    ORDER BY j.id LIMIT lane.batch
    FOR UPDATE SKIP LOCKED
  ) AS chosen
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
