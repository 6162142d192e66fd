-- Purpose: end a batch in the usual shape: fenced, with history. $1 worker, $2 token, $3 ids.
-- Index:   jobs_pkey (the cast keeps the planner off jobs_running).  Locks: the rows.  Rows: none; the tag counts.
WITH final AS (
  DELETE FROM twinmill_bench.jobs j USING unnest($3::bigint[]) AS i(id)
  WHERE j.id = i.id AND j.state::text = 'running' AND j.claimed_by = $1 AND j.token = $2
  RETURNING j.*
)
INSERT INTO twinmill_bench.job_history
  (job_id, state, kind, queue, twin_id, priority, attempt, max_attempts, crashes, unique_key, arguments, result,
   errors, enqueued_at, run_at, claimed_at, started_at, finished_at, claimed_by, token, requested_by, schedule, tick,
   retry_of)
SELECT f.id, 'completed', f.kind, f.queue, f.twin_id, f.priority, f.attempt, f.max_attempts, f.crashes, f.unique_key,
       f.arguments, 'stored', f.errors, f.enqueued_at, f.run_at, f.claimed_at, f.claimed_at, clock_timestamp(),
       f.claimed_by, f.token, f.requested_by, f.schedule, f.tick, f.retry_of
FROM final f
