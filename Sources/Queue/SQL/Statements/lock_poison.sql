-- Purpose: locks, before claim_poison, one queue with limits that has a poison job. It takes any of them: a queue
--          without room must not keep the others waiting for ever. See lock_queue. $1 queues (NULL: all), $2 kinds.
-- Index:   jobs_poison (nearly always empty), queue_settings_pkey.
-- Locks:   the queue's row of settings; never waited for.
-- Rows:    one.
SELECT set_config('twinmill.locked_queue', coalesce((
  SELECT s.queue
  FROM twinmill.queue_settings s
  WHERE s.queue = (
    SELECT l.queue
    FROM twinmill.live_jobs j
    JOIN twinmill.lanes l ON l.lane = j.lane
    JOIN twinmill.queue_settings s ON s.queue = l.queue AND s.is_limited AND NOT s.is_paused
    WHERE j.state = 'ready' AND j.crashes >= 2 AND ($1::text[] IS NULL OR l.queue = ANY ($1::text[]))
      AND l.kind = ANY ($2::text[])
    ORDER BY random() LIMIT 1
  )
  FOR UPDATE SKIP LOCKED), ''), true)
