-- Purpose: lets one claim count at a time. It is a statement of its own: the snapshot of the claim after it, in the
--          same transaction, then shows every claim that was counted before. A claim without the lock takes nothing. $1
--          queue.
-- Index:   queue_settings_pkey.
-- Locks:   the queue's row of settings, which only the daemons' and the operators' functions can lock; never waited for.
-- Rows:    one.
SELECT set_config('twinmill.locked_queue',
  coalesce((SELECT s.queue FROM twinmill.queue_settings s WHERE s.queue = $1::text FOR UPDATE SKIP LOCKED), ''),
  true) <> ''
