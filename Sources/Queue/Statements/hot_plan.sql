-- Purpose: every write to a job goes by its key. A plan cached while the table was empty would scan it for ever after.
-- Index: none.  Locks: none.  Rows: one. For this transaction only.
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)
