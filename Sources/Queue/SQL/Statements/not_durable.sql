-- Purpose: a claim or a heartbeat lost in a server crash costs nothing: the job is ready again and the fence refuses
--          what the lost claim would have stored. Enqueue and finish never run after this.
-- Index: none.  Locks: none.  Rows: one. For this transaction only.
SELECT set_config('synchronous_commit', 'off', true)
