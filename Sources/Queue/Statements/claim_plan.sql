-- Purpose: not_durable and hot_plan as one statement, for claims: a job waits for each that comes before.
-- Index: none.  Locks: none.  Rows: one. For this transaction only.
SELECT set_config('synchronous_commit', 'off', true), set_config('enable_seqscan', 'off', true),
       set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
       set_config('jit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true)
