-- Purpose: make due jobs ready: delayed ones and retries. $1 how many at most.
-- Index:   jobs_due, jobs_pkey. statement_timestamp() is stable, so that it bounds the index; clock_timestamp() would
--          walk every scheduled job. The cast keeps the update on jobs_pkey (see finish.sql).  Locks: the promoted rows; rows that others hold are skipped.
-- Rows:    one per promoted lane, with the lowest id, which may lie behind a cursor.
WITH due AS MATERIALIZED (
  SELECT j.id FROM twinmill.jobs j
  WHERE j.state = 'scheduled' AND j.run_at <= statement_timestamp()
  ORDER BY j.run_at LIMIT $1::integer
  FOR UPDATE SKIP LOCKED
), promoted AS (
  UPDATE twinmill.jobs j SET state = 'ready' FROM due
  WHERE j.id = due.id AND j.state::text = 'scheduled'
  RETURNING j.queue, j.kind, j.priority, j.id
)
SELECT p.queue, p.kind, p.priority::integer, min(p.id) FROM promoted p GROUP BY p.queue, p.kind, p.priority
