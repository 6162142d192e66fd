-- Purpose: hand back jobs that this worker owns and knows nothing of: the answer of their claim was lost, or their batch
--          could not be ended. $1 worker, $2 tokens of the claims it knows, $3 only what was claimed before this.
-- Index:   jobs_running, jobs_pkey.  Locks: the jobs' rows.  Rows: one per job handed back.
UPDATE twinmill.jobs j
SET state = 'ready', attempt = j.attempt - 1, claimed_by = NULL, token = NULL, claimed_at = NULL
WHERE j.claimed_by = $1 AND j.state = 'running' AND j.token <> ALL ($2::uuid[]) AND j.claimed_at < $3
RETURNING j.id
