-- Purpose: deadlines and cancellations of jobs that wait, keys with room. Index, locks: see twinmill.tend.
-- Rows:    one per kind of thing done.
SELECT t.action, t.jobs FROM twinmill.tend() AS t
