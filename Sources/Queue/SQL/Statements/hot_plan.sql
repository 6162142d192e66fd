-- Purpose: every write to a job goes by its key: job_id = ANY (array), and joined, where there is more to know of it, by
--          a hash. That plan is the only one left, whatever the statistics say. A plan cached while the table was empty
--          would scan it for ever after; nested loops over a table of dead rows, which statistics take for one row,
--          would put it outside and walk them all (90 s at 1,500 jobs/s under a held snapshot: 18 ms a batch, so 2); and a
--          plan made anew for each execution costs a millisecond. The price: a few rows joined with many of another table
--          (lanes: 1.6 s in unblock_keys with 100,000 of them) must say LATERAL (… OFFSET 0) to be looked up one by one.
-- Index: none.  Locks: none.  Rows: one. For this transaction only.
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_nestloop', 'off', true),
       set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true),
       set_config('plan_cache_mode', 'force_generic_plan', true)
