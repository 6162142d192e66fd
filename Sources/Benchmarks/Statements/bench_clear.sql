-- Purpose: take away the jobs of the benchmark's queue from a database that others use. $1 queue.
-- Index:   job_history_job; the rest is read in full.  Locks: the rows.  Rows: none.
WITH lanes AS MATERIALIZED (
  SELECT l.lane FROM twinmill.lanes l WHERE l.queue = $1
), writes AS (
  DELETE FROM twinmill.probe_writes e USING twinmill.job_history h WHERE h.job_id = e.job_id AND h.queue = $1
), history AS (
  DELETE FROM twinmill.job_history h WHERE h.queue = $1
), claims AS (
  DELETE FROM twinmill.claims c USING lanes l WHERE c.lane = l.lane
), jobs AS (
  DELETE FROM twinmill.live_jobs j USING lanes l WHERE j.lane = l.lane
)
DELETE FROM twinmill.lanes l USING lanes d WHERE l.lane = d.lane
