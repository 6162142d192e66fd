-- Purpose: tells whether the queue is in use now: by unfinished jobs or by living workers.
-- Index:   none, whole tables.  Locks: none.  Rows: one.
SELECT (SELECT count(*) FROM twinmill.live_jobs) AS jobs,
       (SELECT count(*) FROM twinmill.workers WHERE lease_until > now()) AS workers
