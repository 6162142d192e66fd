-- Purpose: lets this transaction commit without a flush. A claim or heartbeat that a server crash loses costs nothing:
--          the job is ready again, and the fence refuses the results of the lost claim. Enqueue and finish never run
--          after this.
-- Index:   none.
-- Locks:   none.
-- Rows:    one, for this transaction only.
SELECT set_config('synchronous_commit', 'off', true)
