-- Purpose: how many jobs of a queue are not finished. $1 queue.
-- Index:   none: asked only before and after a measurement.  Locks: none.  Rows: one.
SELECT count(*) FROM twinmill.live_jobs j JOIN twinmill.lanes l ON l.lane = j.lane WHERE l.queue = $1
