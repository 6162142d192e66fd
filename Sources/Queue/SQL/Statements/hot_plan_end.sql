-- Purpose: gives the planner back to the statements of the kind, in the same transaction. JIT stays off, because it
--          never pays for what a kind stores.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
SELECT set_config('enable_seqscan', 'on', true), set_config('enable_nestloop', 'on', true),
       set_config('enable_mergejoin', 'on', true), set_config('plan_cache_mode', 'auto', true)
