-- Purpose: tells whether a transaction is open that enqueued and left the notification to another one (twinmill.wake).
--          A transaction that it does not see has committed, or notifies by itself.
-- Index:   none.
-- Locks:   an advisory one for the length of this statement, never waited for.
-- Rows:    one.
SELECT NOT pg_try_advisory_xact_lock(hashtextextended('twinmill.wake', 0))
