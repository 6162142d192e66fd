-- Purpose: seconds until the next scheduled job is due (0 = already); no row when there is none, or only such as are
--          never due (run_at infinity).
-- Index:   jobs_due.  Locks: none.  Rows: 0 or 1.
SELECT greatest(extract(epoch FROM j.run_at - clock_timestamp()), 0)::float8
FROM twinmill.live_jobs j WHERE j.state = 'scheduled' AND j.run_at < 'infinity' ORDER BY j.run_at LIMIT 1
