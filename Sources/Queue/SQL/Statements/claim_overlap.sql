-- Purpose: removes jobs from a claim that another claim has already. The other claim committed between this one's
--          snapshot and its row locks. The statement runs right after the claim, in its transaction. Its own snapshot
--          shows every earlier holder of those row locks as committed. $1 token.
-- Index:   claims_pkey, claims_lane.
-- Locks:   the claim's own row.
-- Rows:    the jobs removed; nearly always none.
WITH mine AS MATERIALIZED (
  SELECT c.token, c.lane, c.is_requeued, c.first_position, c.job_ids, c.lanes FROM twinmill.claims c WHERE c.token = $1
), others AS MATERIALIZED (
  SELECT member.job_id
  FROM mine m, LATERAL (
    -- Claims of this lane, or of these lanes, and claims of several.
    SELECT m.lane UNION SELECT 0 UNION SELECT u.lane FROM unnest(m.lanes) AS u(lane)
  ) AS place(lane), LATERAL (
    SELECT c.job_ids FROM twinmill.claims c
    WHERE c.lane = place.lane AND c.is_requeued = m.is_requeued AND c.last_position >= m.first_position
      AND c.token <> m.token
    OFFSET 0
  ) AS other, unnest(other.job_ids) AS member(job_id)
), given_up AS (
  UPDATE twinmill.claims c
  SET (job_ids, keys, lanes) = (
    SELECT coalesce(array_agg(k.job_id ORDER BY k.n), '{}'),
           CASE WHEN c.keys IS NOT NULL THEN coalesce(array_agg(k.key ORDER BY k.n), '{}') END,
           CASE WHEN c.lanes IS NOT NULL THEN coalesce(array_agg(k.lane ORDER BY k.n), '{}') END
    FROM unnest(c.job_ids, c.keys, c.lanes) WITH ORDINALITY AS k(job_id, key, lane, n)
    WHERE k.job_id NOT IN (SELECT o.job_id FROM others o))
  FROM mine m
  -- By the parameter: with a join by m.token, a plan made on few claims would read all of them, dead ones too.
  WHERE c.token = $1 AND c.job_ids && ARRAY(SELECT o.job_id FROM others o)
  RETURNING m.job_ids AS before, c.job_ids AS after
)
SELECT member.job_id FROM given_up g, unnest(g.before) AS member(job_id) WHERE member.job_id <> ALL (g.after)
