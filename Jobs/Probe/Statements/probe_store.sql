-- Purpose: inserts the rows that probes are to write. $1 job ids, $2 attempts, $3 claims' tokens, $4 how many rows each.
-- Index:   none.  Locks: the new rows.  Rows: the sum of $4.
INSERT INTO twinmill.probe_writes (job_id, attempt, n, token)
SELECT p.job_id, p.attempt, n, p.token
FROM unnest($1::bigint[], $2::integer[], $3::uuid[], $4::integer[]) AS p(job_id, attempt, token, rows),
     generate_series(1, p.rows) AS n
