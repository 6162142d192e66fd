-- Purpose: the history's partitions: make those ahead, drop those past retention. $1 retention in seconds.
-- Locks: see twinmill.maintain_history.  Rows: one per partition made or dropped.
SELECT m.partition, m.action FROM twinmill.maintain_history(retention => make_interval(secs => $1)) AS m
