-- Purpose: the history's partitions: make those ahead, drop those past retention. $1 retention in seconds.
-- Locks: see twinmill.maintain_history.  Rows: the partition made or dropped; none: nothing to do.
SELECT m.partition, m.action FROM twinmill.maintain_history(retention => make_interval(secs => $1)) AS m
