-- Purpose: lets one claim count at a time. It is a statement of its own: the snapshot of the claim after it, in the
--          same transaction, then shows every claim that was counted before. A claim without the lock takes nothing. $1
--          queue.
-- Index:   none.
-- Locks:   an advisory lock of the transaction.
-- Rows:    one.
SELECT set_config('twinmill.locked_queue',
  CASE WHEN pg_try_advisory_xact_lock(hashtextextended('twinmill.queue ' || $1::text, 0)) THEN $1::text ELSE '' END,
  true) <> ''
