-- Purpose: a worker that is stopped inside its transaction must not keep its jobs locked: the server ends it. $1 ms.
-- Index: none.  Locks: none.  Rows: one. For this transaction only.
SELECT set_config('idle_in_transaction_session_timeout', $1, true)
