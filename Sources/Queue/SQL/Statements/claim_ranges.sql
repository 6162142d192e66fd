-- Purpose: a part of claim and claim_limited, not a statement. It looks at the head of each lane queue in `wanted`. The
--          one of the lowest rank whose next job has waited longest decides about kind and order (`chosen`). Its jobs
--          are locked, then those of the next lane queues of that kind and order, until the batch is full (`picked`).
--          Columns of `wanted`: lane, is_requeued, cursor, batch, rank, priority_penalty, queue, kind. The parameters
--          are those of claim.sql.
-- Index:   jobs_ready, entered after the cursor of each lane queue: dead entries in front of it are not walked again.
--          claims_lane, entered there too, for the jobs that others work on.
-- Locks:   the picked rows.
-- Rows:    see claim.sql.
busy AS MATERIALIZED (
  SELECT member.job_id
  FROM (
    SELECT w.lane, w.is_requeued, w.cursor FROM wanted w
    UNION ALL
    -- Claims of several lanes.
    SELECT 0, w.is_requeued, min(w.cursor) FROM wanted w GROUP BY w.is_requeued
  ) AS w, LATERAL (
    SELECT c.job_ids FROM twinmill.claims c
    WHERE c.lane = w.lane AND c.is_requeued = w.is_requeued AND c.last_position > w.cursor
    -- OFFSET prevents a join. Planned on few claims, it would read all of them, and the dead ones of a held snapshot.
    OFFSET 0
  ) AS other, unnest(other.job_ids) AS member(job_id)
), heads AS MATERIALIZED (
  SELECT w.*, head.position
  FROM wanted w, LATERAL (
    SELECT coalesce(j.requeue_seq, j.job_id) AS position, j.run_at FROM twinmill.live_jobs j
    WHERE j.state = 'ready' AND j.crashes < 2
      AND j.lane = w.lane AND (j.requeue_seq IS NOT NULL) = w.is_requeued
      AND coalesce(j.requeue_seq, j.job_id) > w.cursor
      AND j.job_id NOT IN (SELECT b.job_id FROM busy b)
    ORDER BY coalesce(j.requeue_seq, j.job_id) LIMIT 1
  ) AS head
  -- As numbers: a timestamp has bounds, and a sum beyond them would be an error for all lanes.
  ORDER BY w.rank, date_part('epoch', head.run_at) + w.priority_penalty
), chosen AS MATERIALIZED (
  SELECT h.*
  FROM (SELECT f.kind, f.is_requeued FROM heads f LIMIT 1) AS first, heads h
  WHERE h.kind = first.kind AND h.is_requeued = first.is_requeued
), picked AS MATERIALIZED (
  SELECT job.*
  FROM chosen, LATERAL (
    SELECT coalesce(j.requeue_seq, j.job_id) AS position, chosen.queue, j.* FROM twinmill.live_jobs j
    WHERE j.state = 'ready' AND j.crashes < 2
      AND j.lane = chosen.lane AND (j.requeue_seq IS NOT NULL) = chosen.is_requeued
      AND coalesce(j.requeue_seq, j.job_id) >= chosen.position
      AND j.job_id NOT IN (SELECT b.job_id FROM busy b)
    ORDER BY coalesce(j.requeue_seq, j.job_id) LIMIT chosen.batch
    FOR UPDATE SKIP LOCKED
  ) AS job
  -- It locks no more than the batch: the lanes are gone through in order, and only as far as needed.
  LIMIT (SELECT c.batch FROM chosen c LIMIT 1)
)
