-- Purpose: a backlog of no-op probes, past enqueue, to have millions in minutes.
--          $1 how many, $2 priorities: jobs are spread over 0 … $2 - 1; $3 every how many-th is due tomorrow (0: none),
--          $4 queue, $5 arguments, $6 tenants (1: none), $7 concurrency keys (0: none).
-- Index:   lanes' unique index.  Locks: the new rows.  Rows: none; the command tag counts.
WITH mix AS MATERIALIZED (
  SELECT p AS priority, t AS tenant,
         twinmill.lane($4::text, 'probe', CASE WHEN $6::integer > 1 THEN 'tenant-' || t ELSE '' END, p) AS lane
  FROM generate_series(0, $2::integer - 1) AS p, generate_series(0, $6::integer - 1) AS t
)
INSERT INTO twinmill.live_jobs (state, lane, max_attempts, kind, arguments, run_at, requested_by, concurrency_key)
SELECT CASE WHEN later.is_later THEN 'scheduled' ELSE 'ready' END::twinmill.job_state, m.lane, 5, 'probe', $5::jsonb,
       clock_timestamp() + CASE WHEN later.is_later THEN interval '1 day' ELSE interval '0' END, session_user,
       CASE WHEN $7::integer > 0 THEN 'key-' || n % greatest($7::integer, 1) END
FROM generate_series(1, $1::integer) AS n
JOIN mix m ON m.priority = n % $2::integer AND m.tenant = n / $2::integer % $6::integer,
     LATERAL (SELECT $3::integer > 0 AND n / $2::integer % greatest($3::integer, 1) = 0) AS later(is_later)
