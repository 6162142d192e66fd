-- Purpose: when the jobs of a queue were claimed, began and ended, in the order of their ends. $1 queue.
-- Index:   none: asked after a measurement.  Locks: none.  Rows: one per finished job of the queue.
SELECT h.job_id, h.claimed_at, coalesce(h.started_at, h.claimed_at), h.finished_at, h.state::text, h.attempt::integer
FROM twinmill.job_history h WHERE h.queue = $1 AND h.claimed_at IS NOT NULL
ORDER BY h.finished_at
