-- Purpose: makes scheduled jobs ready that are due, delayed ones and retries, with positions in the order of their
--          run_at. $1 how many at most.
-- Index:   jobs_due, jobs_pkey. statement_timestamp() is stable and bounds the index; clock_timestamp() would walk
--          every scheduled job. The cast keeps the update on jobs_pkey, because the planner then cannot prove that
--          jobs_due covers it.
-- Locks:   the promoted rows. It skips rows that others hold.
-- Rows:    one: the number of jobs.
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
