-- Purpose: counts the unfinished jobs of each schedule, and those of them that have not started. It is a statement of
--          its own, after the schedules are locked: its snapshot includes the jobs that the last holder of the locks
--          enqueued. $1 names.
-- Index:   jobs_schedule.
-- Locks:   none.
-- Rows:    one per schedule that has any.
SELECT j.schedule, count(*) AS unfinished, count(*) FILTER (WHERE j.state <> 'running') AS waiting
FROM twinmill.jobs j
WHERE j.schedule = ANY ($1::text[])
GROUP BY j.schedule
