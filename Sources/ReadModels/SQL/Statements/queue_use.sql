-- Purpose: whether anybody needs the queue at this moment: jobs that are not finished, workers that live.
-- Index:   none, whole tables.  Locks: none.  Rows: one.
SELECT (SELECT count(*) FROM twinmill.live_jobs) AS jobs,
       (SELECT count(*) FROM twinmill.workers WHERE lease_until > now()) AS workers
