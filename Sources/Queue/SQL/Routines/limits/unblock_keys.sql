-- Purpose: makes jobs ready that wait for their concurrency key, as many as the key has room for. $1 lists the keys.
--          NULL stands for all keys: each call of a session looks at the next thousand, because full keys must not hide
--          others.
-- Index:   jobs_blocked_by_key, from key to key; claims is short.
-- Locks:   the jobs' rows; rows that others hold are skipped.
-- Rows:    one: the number of jobs.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.unblock_keys(keys text[] DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  seen text := coalesce(current_setting('twinmill.unblocked_key', true), '');
  woken bigint[];
BEGIN
  PERFORM FROM twinmill.live_jobs j
  WHERE j.state = 'blocked' AND j.concurrency_key IS NOT NULL AND j.waits_for = 0
  ORDER BY j.concurrency_key LIMIT 1;
  -- Nearly always no job waits.
  IF NOT FOUND THEN RETURN 0; END IF;

  IF keys IS NULL THEN
    keys := ARRAY(
      WITH RECURSIVE blocked(key) AS (
        (SELECT j.concurrency_key FROM twinmill.live_jobs j
         WHERE j.state = 'blocked' AND j.concurrency_key IS NOT NULL AND j.waits_for = 0 AND j.concurrency_key > seen
         ORDER BY j.concurrency_key LIMIT 1)
        UNION ALL
        SELECT next.concurrency_key FROM blocked b, LATERAL (
          SELECT j.concurrency_key FROM twinmill.live_jobs j
          WHERE j.state = 'blocked' AND j.concurrency_key IS NOT NULL AND j.waits_for = 0 AND j.concurrency_key > b.key
          ORDER BY j.concurrency_key LIMIT 1
        ) AS next
      )
      SELECT b.key FROM blocked b LIMIT 1000);
    PERFORM set_config('twinmill.unblocked_key', coalesce(keys[1000], ''), false);
  END IF;

  woken := ARRAY(
    WITH asked AS (
      SELECT DISTINCT k.key FROM unnest(keys) AS k(key)
    ), running AS MATERIALIZED (
      SELECT l.queue, member.key, count(*) AS running
      FROM twinmill.claims c
      CROSS JOIN unnest(c.keys, c.lanes) AS member(key, lane)
      CROSS JOIN LATERAL (
        SELECT l.queue FROM twinmill.lanes l WHERE l.lane = coalesce(member.lane, c.lane) OFFSET 0
      ) AS l
      WHERE member.key IS NOT NULL
      GROUP BY l.queue, member.key
    )
    SELECT next.job_id
    FROM asked a
    CROSS JOIN LATERAL (
      SELECT j.job_id, l.queue,
             row_number() OVER (PARTITION BY l.queue ORDER BY j.job_id) AS position
      FROM (SELECT j.job_id, j.lane FROM twinmill.live_jobs j
            WHERE j.state = 'blocked' AND j.concurrency_key = a.key AND j.waits_for = 0
            ORDER BY j.job_id LIMIT 1000) AS j
      CROSS JOIN LATERAL (SELECT l.queue FROM twinmill.lanes l WHERE l.lane = j.lane OFFSET 0) AS l
    ) AS next
    LEFT JOIN twinmill.queue_settings s ON s.queue = next.queue
    LEFT JOIN running r ON r.queue = next.queue AND r.key = a.key
    WHERE s.max_running_per_key IS NULL OR next.position + coalesce(r.running, 0) <= s.max_running_per_key);
  woken := ARRAY(
    SELECT j.job_id FROM twinmill.live_jobs j
    WHERE j.job_id = ANY (woken) AND j.state::text = 'blocked'
    ORDER BY j.job_id FOR UPDATE SKIP LOCKED);
  UPDATE twinmill.live_jobs j
  SET state = 'ready', requeue_seq = nextval('twinmill.requeue_sequence')
  WHERE j.job_id = ANY (woken);
  RETURN cardinality(woken);
END $$;
COMMENT ON FUNCTION twinmill.unblock_keys(text[]) IS
  'Makes jobs ready whose concurrency key has room; the end of a job and maintain_waiting call it';
