-- Purpose: spans of time that the server's clock passed twice, the earliest first.
-- Index:   none: few rows.  Locks: none.  Rows: one per step and worker that noticed it.
SELECT s.from_time, s.until_time FROM twinmill.clock_steps s ORDER BY s.from_time
