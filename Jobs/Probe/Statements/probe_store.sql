-- Purpose: the rows that a probe is to write. $1 job ids, $2 attempts, $3 how many rows each.
-- Index:   none.  Locks: the new rows.  Rows: the sum of $3.
INSERT INTO twinmill.probe_effects (job_id, attempt, n)
SELECT p.job_id, p.attempt, n
FROM unnest($1::bigint[], $2::integer[], $3::integer[]) AS p(job_id, attempt, rows), generate_series(1, p.rows) AS n
