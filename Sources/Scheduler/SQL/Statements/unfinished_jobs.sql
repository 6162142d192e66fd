-- Purpose: how many jobs of each schedule are unfinished, and how many of them have not started. $1 names.
--          A statement of its own, after the schedules are locked: its snapshot includes what the scheduler that held
--          them before has enqueued.
-- Index:   jobs_schedule.  Locks: none.  Rows: one per schedule that has any.
SELECT j.schedule, count(*) AS unfinished, count(*) FILTER (WHERE j.state <> 'running') AS waiting
FROM twinmill.jobs j
WHERE j.schedule = ANY ($1::text[])
GROUP BY j.schedule
