-- Purpose: what holds for the claims of a transaction: they need not be on disk, and their plans enter each line and lane
--          by index, whatever the statistics said when they were made. One statement: a job waits for each before it.
-- Index: none.  Locks: none.  Rows: one. For this transaction only.
SELECT set_config('synchronous_commit', 'off', true), set_config('enable_seqscan', 'off', true),
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)
