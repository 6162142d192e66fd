-- Purpose: finds the lanes of the jobs that became ready since a worker last looked, whatever the number of lanes with
--          work. $1 position of fresh jobs (NULL: it only asks for the last one), $2 of requeued ones (also), $3 how
--          many jobs at most of each, $4 queues (NULL: all), $5 kinds.
-- Index:   jobs_pkey and jobs_requeued, entered after the positions.
-- Locks:   none.
-- Rows:    first one without a lane: the last positions that it came to, whether it came to the end, the bounds of the
--          snapshot, and a number that changes with the settings of queues. Then one per lane queue with a job that no claim holds.
WITH fresh AS MATERIALIZED (
  SELECT j.job_id, j.job_id AS position, j.lane, j.run_at, j.state = 'ready' AND j.crashes < 2
         AND j.requeue_seq IS NULL AS is_ready
  FROM twinmill.live_jobs j WHERE j.job_id > $1::bigint ORDER BY j.job_id LIMIT $3::integer
), requeued AS MATERIALIZED (
  SELECT j.job_id, j.requeue_seq AS position, j.lane, j.run_at
  FROM twinmill.live_jobs j
  WHERE j.state = 'ready' AND j.crashes < 2 AND j.requeue_seq IS NOT NULL AND j.requeue_seq > $2::bigint
  ORDER BY j.requeue_seq LIMIT $3::integer
), busy AS MATERIALIZED (
  SELECT member.job_id FROM twinmill.claims c, unnest(c.job_ids) AS member(job_id)
), found AS MATERIALIZED (
  SELECT f.lane, false AS is_requeued, min(f.position) AS position, min(f.run_at) AS run_at
  FROM fresh f WHERE f.is_ready AND f.job_id NOT IN (SELECT b.job_id FROM busy b) GROUP BY f.lane
  UNION ALL
  SELECT r.lane, true, min(r.position), min(r.run_at)
  FROM requeued r WHERE r.job_id NOT IN (SELECT b.job_id FROM busy b) GROUP BY r.lane
)
SELECT NULL::boolean AS is_requeued,
       coalesce((SELECT max(f.position) FROM fresh f), $1,
                (SELECT max(j.job_id) FROM twinmill.live_jobs j), 0) AS position,
       NULL::float8 AS due, NULL::integer AS lane, NULL::text AS queue, NULL::text AS kind, NULL::text AS tenant,
       NULL::integer AS priority, NULL::float8 AS ageing_seconds, NULL::boolean AS is_limited,
       coalesce((SELECT max(r.position) FROM requeued r), $2,
                (SELECT max(j.requeue_seq) FROM twinmill.live_jobs j
                 WHERE j.state = 'ready' AND j.crashes < 2 AND j.requeue_seq IS NOT NULL), 0) AS requeued_position,
       (SELECT count(*) FROM fresh) < $3 AS is_end_of_fresh,
       (SELECT count(*) FROM requeued) < $3 AS is_end_of_requeued,
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS snapshot_xmin,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS snapshot_xmax,
       (SELECT coalesce(hashtextextended(string_agg(
                 concat_ws(' ', s.queue, s.is_paused, s.is_limited, s.ageing_seconds), ' ' ORDER BY s.queue), 0), 0)
        FROM twinmill.queue_settings s) AS settings
UNION ALL
SELECT f.is_requeued, f.position, date_part('epoch', f.run_at), l.lane, l.queue, l.kind, l.tenant,
       l.priority::integer, coalesce(s.ageing_seconds, 60), coalesce(s.is_limited, false),
       NULL, NULL, NULL, NULL, NULL, NULL
FROM found f
CROSS JOIN LATERAL (SELECT l.* FROM twinmill.lanes l WHERE l.lane = f.lane OFFSET 0) AS l
LEFT JOIN twinmill.queue_settings s ON s.queue = l.queue
WHERE ($4::text[] IS NULL OR l.queue = ANY ($4::text[])) AND l.kind = ANY ($5::text[])
  -- A claim would refuse it. When the queue is resumed, all lanes are gone through anew.
  AND NOT coalesce(s.is_paused, false)
