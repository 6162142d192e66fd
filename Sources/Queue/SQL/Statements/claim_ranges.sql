-- Purpose: a part of claim and claim_limited (Statements.swift puts it in), not a statement: of the lines in `wanted`,
--          the one whose next job comes first (`chosen`), and its jobs up to the batch (`picked`), locked.
--          `wanted`: lane, is_requeued, cursor, batch, rank, behind. $1 … as in claim.sql.
-- Index:   jobs_ready, entered after each line's cursor, so that dead entries in front of it are not walked again;
--          claims_lane, entered there too, for what others are working on.
busy AS MATERIALIZED (
  SELECT member.job_id
  FROM wanted w, LATERAL (
    SELECT c.job_ids FROM twinmill.claims c
    WHERE c.lane = w.lane AND c.is_requeued = w.is_requeued AND c.last_position > w.cursor
    -- Not to be made a join: planned on few claims it would read all, the dead ones of a held snapshot too.
    OFFSET 0
  ) AS other, unnest(other.job_ids) AS member(job_id)
), chosen AS MATERIALIZED (
  SELECT w.lane, w.is_requeued, w.batch, head.position
  FROM wanted w, LATERAL (
    SELECT coalesce(j.requeue_seq, j.job_id) AS position, j.run_at FROM twinmill.live_jobs j
    WHERE j.state = 'ready' AND j.crashes < 2
      AND j.lane = w.lane AND (j.requeue_seq IS NOT NULL) = w.is_requeued AND coalesce(j.requeue_seq, j.job_id) > w.cursor
      AND j.job_id NOT IN (SELECT b.job_id FROM busy b)
    ORDER BY coalesce(j.requeue_seq, j.job_id) LIMIT 1
  ) AS head
  -- As numbers: a timestamp has bounds, and a sum beyond them would be an error for all lanes.
  ORDER BY w.rank, date_part('epoch', head.run_at) + w.priority_penalty
  LIMIT 1
), picked AS MATERIALIZED (
  SELECT job.*
  FROM chosen, LATERAL (
    SELECT coalesce(j.requeue_seq, j.job_id) AS position, j.* FROM twinmill.live_jobs j
    WHERE j.state = 'ready' AND j.crashes < 2
      AND j.lane = chosen.lane AND (j.requeue_seq IS NOT NULL) = chosen.is_requeued
      AND coalesce(j.requeue_seq, j.job_id) >= chosen.position
      AND j.job_id NOT IN (SELECT b.job_id FROM busy b)
    ORDER BY coalesce(j.requeue_seq, j.job_id) LIMIT chosen.batch
    FOR UPDATE SKIP LOCKED
  ) AS job
)
