-- Purpose: bounds the idle time of this transaction. The server ends it when the worker is stopped inside it, and its
--          jobs do not stay locked. $1 milliseconds.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
SELECT set_config('idle_in_transaction_session_timeout', $1, true)
