-- Purpose: removes a worker after its last job. $1 worker.
-- Index:   workers_pkey.
-- Locks:   the worker's row.
-- Rows:    0 or 1.
DELETE FROM twinmill.workers w WHERE w.id = $1 RETURNING w.id
