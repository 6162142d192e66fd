-- Purpose: rescues the jobs of workers whose heartbeat stood still. $1 workers, $2 the heartbeats at which they stood.
-- Index:   see twinmill.rescue.
-- Locks:   see twinmill.rescue.
-- Rows:    one per rescued job.
SELECT r.job_id, r.outcome FROM twinmill.rescue($1, $2) AS r
