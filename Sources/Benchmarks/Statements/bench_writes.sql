-- Purpose: counts finished probes that were each to write one row, and the rows that they wrote. $1 job ids.
-- Index:   job_history_job, probe_writes_job.  Locks: none.  Rows: one.
--          Columns: completed, finished otherwise, still live, written twice, not written or by a losing attempt,
--          jobs with more than one attempt.
WITH asked AS (SELECT unnest($1::bigint[]) AS job_id),
ended AS MATERIALIZED (
  SELECT h.job_id, h.state::text AS state, h.attempt FROM twinmill.job_history h JOIN asked a ON a.job_id = h.job_id
), writes AS MATERIALIZED (
  SELECT e.job_id, count(*) AS rows FROM twinmill.probe_writes e JOIN asked a ON a.job_id = e.job_id GROUP BY e.job_id
), winning AS MATERIALIZED (
  SELECT e.job_id FROM twinmill.probe_writes e JOIN ended d ON d.job_id = e.job_id AND d.attempt = e.attempt
)
SELECT (SELECT count(*) FROM ended WHERE state = 'completed'),
       (SELECT count(*) FROM ended WHERE state <> 'completed'),
       (SELECT count(*) FROM asked a WHERE EXISTS (SELECT FROM twinmill.jobs j WHERE j.job_id = a.job_id)),
       (SELECT count(*) FROM writes WHERE rows > 1),
       (SELECT count(*) FROM ended d WHERE d.state = 'completed'
          AND NOT EXISTS (SELECT FROM winning w WHERE w.job_id = d.job_id)),
       (SELECT count(*) FROM ended WHERE attempt > 1)
