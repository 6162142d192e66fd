-- Purpose: locks, before claim_poison, one queue with limits that has a poison job. It takes any of them: a queue
--          without room must not keep the others waiting for ever. See lock_queue. $1 queues (NULL: all), $2 kinds.
-- Index:   jobs_poison (nearly always empty).
-- Locks:   an advisory lock of the transaction.
-- Rows:    one.
SELECT set_config('twinmill.locked_queue', coalesce((
  SELECT CASE WHEN pg_try_advisory_xact_lock(hashtextextended('twinmill.queue ' || one.queue, 0)) THEN one.queue END
  FROM (
    SELECT l.queue
    FROM twinmill.live_jobs j
    JOIN twinmill.lanes l ON l.lane = j.lane
    JOIN twinmill.queue_settings s ON s.queue = l.queue AND s.is_limited AND NOT s.is_paused
    WHERE j.state = 'ready' AND j.crashes >= 2 AND ($1::text[] IS NULL OR l.queue = ANY ($1::text[]))
      AND l.kind = ANY ($2::text[])
    ORDER BY random() LIMIT 1
  ) AS one), ''), true)
