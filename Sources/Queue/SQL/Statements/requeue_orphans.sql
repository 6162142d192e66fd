-- Purpose: requeues the jobs of orphaned claims: this worker owns them and does not know them. The answer of such a
--          claim was lost, or its batch could not be ended. $1 worker, $2 tokens of the claims that it knows, $3 only
--          claims from before this instant.
-- Index:   jobs_pkey. It reads all of claims.
-- Locks:   the rows of the claims and of the jobs.
-- Rows:    one per requeued job.
WITH orphaned AS (
  DELETE FROM twinmill.claims c
  WHERE c.worker = $1 AND c.token <> ALL ($2::uuid[]) AND c.claimed_at < $3
  RETURNING c.job_ids
), placed AS MATERIALIZED (
  -- In the order in which the jobs were claimed; the update below goes by their ids.
  SELECT member.job_id, nextval('twinmill.requeue_sequence') AS requeue_seq
  FROM orphaned o, unnest(o.job_ids) AS member(job_id)
)
UPDATE twinmill.live_jobs j
SET requeue_seq = p.requeue_seq
FROM placed p
WHERE j.job_id = ANY (ARRAY(SELECT o.job_id FROM placed o)) AND j.job_id = p.job_id
RETURNING j.job_id
