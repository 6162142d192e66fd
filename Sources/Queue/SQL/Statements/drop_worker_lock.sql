-- Purpose: records that the worker's connection holds no advisory lock; its lease alone decides. $1 worker.
-- Index:   workers_pkey.
-- Locks:   the worker's row.
-- Rows:    none.
UPDATE twinmill.workers w SET lock_key = NULL WHERE w.id = $1
