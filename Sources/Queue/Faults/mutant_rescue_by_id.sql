-- Purpose: for a test of the checker only: a rescue that puts jobs back by id alone, also those that were rescued and
--          claimed again meanwhile. $1 jobs, $2 the workers that held them.
-- Index:   jobs_pkey; claims is short.
-- Locks:   the rows of the claims and of the jobs.
-- Rows:    one per job.
WITH broken AS (
  DELETE FROM twinmill.claims c WHERE c.job_ids && $1::bigint[]
)
UPDATE twinmill.live_jobs j
SET attempt = j.attempt + 1, crashes = j.crashes + 1, requeue_seq = nextval('twinmill.requeue_sequence'),
    errors = coalesce(j.errors, '[]')
             || twinmill.attempt_error(j.attempt + 1, 'crash', 'the worker died or was lost', worker => h.worker)
FROM unnest($1::bigint[], $2::uuid[]) AS h(job_id, worker)
WHERE j.job_id = h.job_id
RETURNING j.job_id
