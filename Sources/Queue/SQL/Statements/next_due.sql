-- Purpose: returns the seconds until the next scheduled job is due (0 = already).
-- Index:   jobs_due.
-- Locks:   none.
-- Rows:    0 or 1; none: no job is scheduled, or all of them have run_at infinity.
SELECT greatest(extract(epoch FROM j.run_at - clock_timestamp()), 0)::float8
FROM twinmill.live_jobs j WHERE j.state = 'scheduled' AND j.run_at < 'infinity' ORDER BY j.run_at LIMIT 1
