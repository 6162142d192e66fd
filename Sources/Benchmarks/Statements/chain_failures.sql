-- Purpose: why jobs of these twins did not complete. $1 uuid[] twins; $2 timestamptz, only jobs finished since.
-- Index relied on: none. Locks: ACCESS SHARE. Rows: at most 20: kind, reason, jobs.
SELECT h.kind, left(coalesce(h.errors -> -1 ->> 'message', h.errors -> -1 ->> 'error', h.errors::text, h.state::text), 300), count(*)
FROM twinmill.job_history h
WHERE h.twin_id = ANY ($1) AND h.finished_at >= $2 AND h.state <> 'completed'
GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 20
