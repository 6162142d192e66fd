-- Purpose: sets what holds for the claims of a transaction. They need not be on disk, and their plans enter each lane
--          queue by index, whatever the statistics said. It is one statement, because a job waits for each statement
--          before it.
-- Index:   none.
-- Locks:   none.
-- Rows:    one, for this transaction only.
SELECT set_config('synchronous_commit', 'off', true), set_config('enable_seqscan', 'off', true),
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)
