-- Purpose: a backlog in the usual shape. $1 how many.
-- Index:   none.  Locks: the new rows.  Rows: none; the command tag counts.
INSERT INTO twinmill_bench.jobs (state, kind, queue) SELECT 'ready', 'probe', 'bench' FROM generate_series(1, $1::integer)
