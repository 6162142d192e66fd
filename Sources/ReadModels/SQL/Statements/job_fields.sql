-- Purpose: returns all columns of one job, one row each: a new column then needs no new program.
--          $1 the job.
-- Index:   jobs_pkey and the history's.  Locks: none.  Rows: one per column; none when there is no such job.
SELECT key AS name, value #>> '{}' AS text, value::text AS json
FROM twinmill.all_jobs AS j, jsonb_each(to_jsonb(j))
WHERE j.job_id = $1::bigint
