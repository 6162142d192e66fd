-- Purpose: claim a batch in the usual shape: mark each row. $1 worker, $2 token, $3 cursor, $4 batch.
-- Index:   jobs_ready, after the cursor; jobs_pkey for the update.  Locks: the claimed rows.  Rows: 0 … batch.
WITH picked AS MATERIALIZED (
  SELECT j.id FROM twinmill_bench.jobs j
  WHERE j.state = 'ready' AND j.crashes < 2 AND j.queue = 'bench' AND j.kind = 'probe' AND j.priority = 0 AND j.id > $3
  ORDER BY j.id LIMIT $4::integer
  FOR UPDATE SKIP LOCKED
)
UPDATE twinmill_bench.jobs j
SET state = 'running', attempt = j.attempt + 1, claimed_by = $1, token = $2, claimed_at = clock_timestamp()
FROM picked p WHERE j.id = p.id
RETURNING j.id, j.arguments, j.attempt
