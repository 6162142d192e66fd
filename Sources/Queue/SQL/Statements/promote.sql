-- Purpose: make due jobs ready: delayed ones and retries, with places in line in the order in which they were due.
--          $1 how many at most.
-- Index:   jobs_due, jobs_pkey. statement_timestamp() is stable, so that it bounds the index; clock_timestamp() would
--          walk every scheduled job. The cast keeps the update on jobs_pkey: the planner may not prove that
--          jobs_due covers it.  Locks: the promoted rows; rows that others hold are skipped.
-- Rows:    one: how many became ready.
WITH due AS MATERIALIZED (
  SELECT j.job_id FROM twinmill.live_jobs j
  WHERE j.state = 'scheduled' AND j.run_at <= statement_timestamp()
  ORDER BY j.run_at LIMIT $1::integer
  FOR UPDATE SKIP LOCKED
), placed AS MATERIALIZED (
  SELECT d.job_id, nextval('twinmill.requeue_sequence') AS requeue_seq FROM due d
), promoted AS (
  UPDATE twinmill.live_jobs j SET state = 'ready', requeue_seq = p.requeue_seq FROM placed p
  WHERE j.job_id = ANY (ARRAY(SELECT o.job_id FROM placed o)) AND j.job_id = p.job_id AND j.state::text = 'scheduled'
  RETURNING j.job_id
)
SELECT count(*) FROM promoted
