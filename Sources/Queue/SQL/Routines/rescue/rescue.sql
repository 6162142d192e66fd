-- Purpose: declares the given workers dead if their heartbeat still stands still, and puts the jobs of dead workers
--          back. A third crash discards the job.
-- Index:   workers_pkey, jobs_pkey; claims is read as a whole.
-- Locks:   worker rows, their claims, the rows of their jobs by id.
-- Rows:    one per rescued job.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.rescue(suspects uuid[], heartbeats bigint[])
RETURNS TABLE (job_id bigint, outcome text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_nestloop = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  suspect record;
  dead uuid[] := '{}';
  abandoned uuid[];
  broken twinmill.claims[];
  rescued bigint[];
  outcomes text[];
  discarded bigint[];
  cancelled bigint[];
BEGIN
  FOR suspect IN
    SELECT w.id, w.lock_key, w.lease_until, w.renewed_at
    FROM unnest(suspects, heartbeats) AS s(id, heartbeats)
    JOIN twinmill.workers w ON w.id = s.id AND w.heartbeats = s.heartbeats
    -- A heartbeat in the future: the server's clock went back. The caller has missed three by its own clock.
    WHERE w.renewed_at < clock_timestamp() - 3 * make_interval(secs => w.heartbeat_seconds)
       OR w.renewed_at > clock_timestamp()
    ORDER BY w.id
    FOR UPDATE OF w SKIP LOCKED
  LOOP
    -- The process of a free lock is dead. The process of a held lock may be unable to reach the server: its lease
    -- decides, as it does for a worker without a lock.
    IF suspect.lease_until < clock_timestamp() OR suspect.renewed_at > clock_timestamp()
       OR (suspect.lock_key IS NOT NULL AND pg_try_advisory_xact_lock(suspect.lock_key))
    THEN
      DELETE FROM twinmill.workers w WHERE w.id = suspect.id;
      dead := dead || suspect.id;
    END IF;
  END LOOP;

  -- The claim's row is the fence. A worker that still stores under it holds its lock; the next call looks again.
  abandoned := ARRAY(
    SELECT c.token FROM twinmill.claims c
    WHERE c.worker = ANY (dead)
       -- A deleted worker row must not leave jobs behind.
       OR c.worker NOT IN (SELECT w.id FROM twinmill.workers w)
    FOR UPDATE SKIP LOCKED);
  IF abandoned = '{}' THEN RETURN; END IF;

  WITH gone AS (
    DELETE FROM twinmill.claims c WHERE c.token = ANY (abandoned) RETURNING c AS claim
  )
  SELECT array_agg(g.claim) INTO broken FROM gone g;

  WITH crashed AS MATERIALIZED (
    SELECT j.job_id, b.worker, b.claimed_at,
           CASE WHEN j.crashes + 1 >= 3 THEN 'discarded'
                WHEN EXISTS (SELECT FROM twinmill.cancellations c WHERE c.job_id = j.job_id) THEN 'cancelled'
                ELSE 'ready' END AS outcome
    FROM unnest(broken) AS b, unnest(b.job_ids) AS member(job_id), twinmill.live_jobs j
    WHERE j.job_id = ANY (ARRAY(SELECT unnest(o.job_ids) FROM unnest(broken) AS o)) AND j.job_id = member.job_id
    ORDER BY j.job_id
    FOR UPDATE OF j
  ), counted AS (
    UPDATE twinmill.live_jobs j
    SET attempt = j.attempt + 1, crashes = j.crashes + 1, requeue_seq = nextval('twinmill.requeue_sequence'),
        errors = coalesce(j.errors, '[]') || twinmill.attempt_error(
          j.attempt + 1, 'crash',
          CASE c.outcome
            WHEN 'discarded' THEN 'quarantined: the worker died or was lost with this job for the third time'
            WHEN 'cancelled' THEN 'the worker died or was lost; cancelled as asked'
            ELSE 'the worker died or was lost' END,
          c.claimed_at, CASE WHEN c.outcome = 'ready' THEN c.worker END)
    FROM crashed c
    WHERE j.job_id = ANY (ARRAY(SELECT o.job_id FROM crashed o)) AND j.job_id = c.job_id
    RETURNING j.job_id, c.outcome
  )
  SELECT array_agg(c.job_id), array_agg(c.outcome), array_agg(c.job_id) FILTER (WHERE c.outcome = 'discarded'),
         array_agg(c.job_id) FILTER (WHERE c.outcome = 'cancelled')
  INTO rescued, outcomes, discarded, cancelled
  FROM counted c;
  IF discarded IS NOT NULL THEN
    PERFORM twinmill.archive(discarded, 'discarded', NULL, NULL, claims => broken);
  END IF;
  IF cancelled IS NOT NULL THEN
    PERFORM twinmill.archive(cancelled, 'cancelled', NULL, NULL, claims => broken);
  END IF;

  PERFORM twinmill.resolve_dependents(rescued);
  RETURN QUERY SELECT r.job_id, r.outcome FROM unnest(rescued, outcomes) AS r(job_id, outcome);
END $$;
COMMENT ON FUNCTION twinmill.rescue(uuid[], bigint[]) IS
  'Declares workers dead whose heartbeats stood still at these numbers, and puts their jobs back; workers call it';
