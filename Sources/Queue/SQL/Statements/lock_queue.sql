-- Purpose: one counts at a time. A statement of its own, so that the snapshot of the claim that follows it in the same
--          transaction sees every claim that was counted before. Whoever does not get the lock claims nothing.
--          $1 queue.
-- Index: none.  Locks: an advisory lock of the transaction.  Rows: one.
SELECT set_config('twinmill.locked_queue',
  CASE WHEN pg_try_advisory_xact_lock(hashtextextended('twinmill.queue ' || $1::text, 0)) THEN $1::text ELSE '' END,
  true) <> ''
