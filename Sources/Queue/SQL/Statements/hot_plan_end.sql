-- Purpose: give the planner back to the statements of the job kind, in the same transaction; but no JIT, which never
--          pays for what a kind stores.
-- Index: none.  Locks: none.  Rows: one.
SELECT set_config('enable_seqscan', 'on', true), set_config('enable_nestloop', 'on', true),
       set_config('enable_mergejoin', 'on', true), set_config('plan_cache_mode', 'auto', true)
