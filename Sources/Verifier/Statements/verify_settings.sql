-- Purpose: the limits as they are set now.
-- Index:   none: few rows.  Locks: none.  Rows: one per queue with settings.
SELECT s.queue, s.max_running, s.max_running_per_key FROM twinmill.queue_settings s
