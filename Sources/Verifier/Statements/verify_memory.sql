-- Purpose: sort in memory where possible: a million jobs are some 170 MB. For this transaction only.
-- Index: none.  Locks: none.  Rows: one.
SELECT set_config('work_mem', '256MB', true)
