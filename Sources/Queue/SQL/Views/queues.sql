-- Purpose: counts the jobs of each queue by state, and shows the settings of the queue.
-- Index:   none. It reads all of live_jobs and claims.
-- Locks:   none.
-- Rows:    one per queue that has jobs or settings.
-- Grant:   twinmill_worker, twinmill_read
CREATE OR REPLACE VIEW twinmill.queues AS
  WITH waiting AS (
    SELECT l.queue,
           count(*) FILTER (WHERE j.state = 'ready')     AS ready,
           count(*) FILTER (WHERE j.state = 'scheduled') AS scheduled,
           count(*) FILTER (WHERE j.state = 'blocked')   AS blocked,
           min(j.run_at) FILTER (WHERE j.state = 'ready') AS oldest_ready
    FROM twinmill.live_jobs j JOIN twinmill.lanes l ON l.lane = j.lane
    GROUP BY l.queue
  ), running AS (
    SELECT l.queue, count(*) AS running
    FROM twinmill.claims c
    CROSS JOIN unnest(c.job_ids, c.lanes) AS member(job_id, lane)
    JOIN twinmill.lanes l ON l.lane = coalesce(member.lane, c.lane)
    GROUP BY l.queue
  )
  SELECT queue,
         coalesce(w.ready, 0) - coalesce(r.running, 0) AS ready, coalesce(w.scheduled, 0) AS scheduled,
         coalesce(r.running, 0) AS running, coalesce(w.blocked, 0) AS blocked, w.oldest_ready,
         coalesce(s.is_paused, false) AS is_paused, s.max_running, s.max_running_per_key, s.rate,
         CASE WHEN s.rate IS NOT NULL THEN s.rate_seconds END AS rate_seconds,
         coalesce(s.ageing_seconds, 60) AS ageing_seconds
  FROM waiting w FULL JOIN running r USING (queue) FULL JOIN twinmill.queue_settings s USING (queue);
COMMENT ON VIEW twinmill.queues IS 'Live jobs by queue and state, with the queue''s settings';
COMMENT ON COLUMN twinmill.queues.queue IS 'The queue';
COMMENT ON COLUMN twinmill.queues.ready IS 'Jobs that wait for a worker';
COMMENT ON COLUMN twinmill.queues.scheduled IS 'Jobs that wait for their time';
COMMENT ON COLUMN twinmill.queues.running IS 'Jobs that a worker has claimed';
COMMENT ON COLUMN twinmill.queues.blocked IS 'Jobs that wait for other jobs or for their concurrency key';
COMMENT ON COLUMN twinmill.queues.oldest_ready IS 'Since when the oldest ready job waits';
COMMENT ON COLUMN twinmill.queues.is_paused IS 'Whether no jobs are claimed from it';
COMMENT ON COLUMN twinmill.queues.max_running IS 'Most jobs of the queue running at once; NULL: no limit';
COMMENT ON COLUMN twinmill.queues.max_running_per_key IS 'Most jobs of one concurrency key running at once; NULL: no limit';
COMMENT ON COLUMN twinmill.queues.rate IS 'Most jobs started in rate_seconds; NULL: no limit';
COMMENT ON COLUMN twinmill.queues.rate_seconds IS 'The period of the rate';
COMMENT ON COLUMN twinmill.queues.ageing_seconds IS 'How many seconds one step of priority is worth';
