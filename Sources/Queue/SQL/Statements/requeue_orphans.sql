-- Purpose: hand back jobs that this worker owns and knows nothing of: the answer of their claim was lost, or their batch
--          could not be ended. $1 worker, $2 tokens of the claims it knows, $3 only what was claimed before this.
-- Index:   jobs_pkey; claims is read as a whole.  Locks: the claims' and the jobs' rows.  Rows: one per job handed back.
WITH orphaned AS (
  DELETE FROM twinmill.claims c
  WHERE c.worker = $1 AND c.token <> ALL ($2::uuid[]) AND c.claimed_at < $3
  RETURNING c.job_ids
), placed AS MATERIALIZED (
  -- In the order in which they were claimed: they are written in that of their ids.
  SELECT member.job_id, nextval('twinmill.requeue_sequence') AS requeue_seq FROM orphaned s, unnest(s.job_ids) AS member(job_id)
)
UPDATE twinmill.live_jobs j
SET requeue_seq = p.requeue_seq
FROM placed p
WHERE j.job_id = ANY (ARRAY(SELECT o.job_id FROM placed o)) AND j.job_id = p.job_id
RETURNING j.job_id
