-- Purpose: every write to a job goes by its key. A plan cached while the table was empty would scan it for ever after;
--          one made anew for each execution costs a millisecond, and under a held snapshot the planner itself walks the
--          dead entries at the end of an index.
-- Index: none.  Locks: none.  Rows: one. For this transaction only.
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true),
       set_config('plan_cache_mode', 'force_generic_plan', true)
