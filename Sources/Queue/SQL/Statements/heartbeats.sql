-- Purpose: the heartbeat counters of all other workers, for a rescuer to compare by its own clock. $1 the asker.
-- Index: none, few rows.  Locks: none.  Rows: one per worker.
SELECT w.id, w.heartbeats, w.heartbeat_seconds FROM twinmill.workers w WHERE w.id <> $1
