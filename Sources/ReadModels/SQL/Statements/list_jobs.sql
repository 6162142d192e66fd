-- Purpose: jobs for people, newest first: live ones and those finished in the last day. $1 state, $2 kind, $3 queue, each
--          null for all; $4 at most so many. Times also as the session's zone shows them.
-- Index:   jobs_pkey and the history's, backwards.  Locks: none.  Rows: at most $4.
SELECT job_id, state, kind, queue, twin_id, attempt::integer AS attempt, run_at, finished_at,
       run_at::text AS run_at_text, finished_at::text AS finished_at_text, errors -> -1 ->> 'message' AS last_error
FROM twinmill.all_jobs
WHERE (finished_at IS NULL OR finished_at > now() - interval '1 day')
  AND ($1::text IS NULL OR state = $1::text)
  AND ($2::text IS NULL OR kind = $2::text)
  AND ($3::text IS NULL OR queue = $3::text)
ORDER BY job_id DESC
LIMIT $4::bigint
