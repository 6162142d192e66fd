-- Purpose: returns the heartbeat counters of all other workers, which a rescuer compares by its own clock. $1 the
--          rescuer.
-- Index:   none: few rows.
-- Locks:   none.
-- Rows:    one per worker.
SELECT w.id, w.heartbeats, w.heartbeat_seconds FROM twinmill.workers w WHERE w.id <> $1
