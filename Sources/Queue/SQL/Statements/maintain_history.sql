-- Purpose: makes the next partitions of the history, and drops those past retention. $1 retention in seconds.
-- Index:   see twinmill.maintain_history.
-- Locks:   see twinmill.maintain_history.
-- Rows:    the partition made or dropped; none: nothing to do.
SELECT m.partition, m.action FROM twinmill.maintain_history(retention => make_interval(secs => $1)) AS m
