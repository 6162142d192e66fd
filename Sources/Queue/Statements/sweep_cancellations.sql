-- Purpose: forget requests for jobs that are gone.
-- Index: cancellations is all but empty; jobs_pkey.  Locks: the deleted rows.  Rows: none.
DELETE FROM twinmill.cancellations c WHERE NOT EXISTS (SELECT FROM twinmill.jobs j WHERE j.id = c.job_id)
