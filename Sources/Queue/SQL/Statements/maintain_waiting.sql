-- Purpose: deadlines and cancellations of jobs that wait, keys with room. Index, locks: see twinmill.maintain_waiting.
-- Rows:    one per kind of thing done.
SELECT t.action, t.jobs FROM twinmill.maintain_waiting() AS t
