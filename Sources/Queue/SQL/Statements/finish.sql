-- Purpose: end attempts of one claim, whatever their outcome: one guarded statement. The claim's row is the fence: when
--          it is gone, or does not hold a job any more, that job is somebody else's (rescued, claimed again, ended), is
--          not in the answer, and nothing of it may be stored.
--          $1 worker, $2 token of the claim; $3 ids, $4 attempts, $5 outcomes, $6 results, $7 causes and $8 messages of
--          errors, $9 delays in seconds, $10 starts: one per job, $6 to $9 up to the last that is not NULL.
-- Outcomes: completed, discarded, cancelled go to history; retry and snooze wait for their delay; requeued is ready
--          at once, in the order of $3. Snooze and requeued use no attempt.
-- Index:   claims_pkey, jobs_pkey.
-- Locks:   the claim's row, then the jobs' rows: those that end, then those that return, by id.
-- Rows:    the ids that were still ours.
WITH fence AS MATERIALIZED (
  SELECT c.token, c.lane, c.job_ids, c.keys, c.claimed_at FROM twinmill.claims c WHERE c.token = $2 AND c.worker = $1
  FOR UPDATE
), input AS MATERIALIZED (
  SELECT i.job_id, i.attempt, i.result, i.cause, i.message, i.delay_seconds, i.started_at,
         -- Somebody asked to cancel it while it ran: it does not come back.
         CASE WHEN i.outcome IN ('retry', 'snooze', 'requeued')
                   AND EXISTS (SELECT FROM twinmill.cancellations c WHERE c.job_id = i.job_id) THEN 'cancelled'
              ELSE i.outcome END AS outcome,
         -- Here, in the order in which the jobs were claimed: they are written in that of their ids.
         CASE WHEN i.outcome = 'requeued' THEN nextval('twinmill.requeue_sequence') END AS requeue_seq
  FROM unnest($3::bigint[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::text[],
                         $9::float8[], $10::timestamptz[])
    AS i(job_id, attempt, outcome, result, cause, message, delay_seconds, started_at)
  -- IS TRUE keeps it from becoming a join that compares each with each: a hash is asked. (500 jobs: 40 ms, so 3.)
  WHERE (i.job_id IN (SELECT unnest(f.job_ids) FROM fence f)) IS TRUE
), final AS (
  DELETE FROM twinmill.live_jobs j USING input i
  WHERE j.job_id = ANY ($3) AND j.job_id = i.job_id AND j.attempt = i.attempt - 1
    AND i.outcome IN ('completed', 'discarded', 'cancelled')
  RETURNING j.*, i.outcome, i.result, i.cause, i.message, i.started_at
), archived AS (
  INSERT INTO twinmill.job_history AS h
    (job_id, state, kind, queue, tenant, twin_id, priority, attempt, max_attempts, crashes, unique_key,
     concurrency_key, arguments, result, errors, enqueued_at, run_at, claimed_at, started_at, finished_at, claimed_by,
     token, requested_by, schedule, tick, retry_of)
  SELECT f.job_id, f.outcome::twinmill.final_state, f.kind, l.queue, l.tenant, f.twin_id, l.priority, f.attempt + 1,
         f.max_attempts, f.crashes, f.unique_key, f.concurrency_key, f.arguments, f.result,
         CASE WHEN f.message IS NULL THEN f.errors
              ELSE coalesce(f.errors, '[]') || jsonb_build_object(
                'attempt', f.attempt + 1, 'at', clock_timestamp(), 'claimed_at', c.claimed_at, 'cause', f.cause,
                'message', f.message) END,
         f.enqueued_at, f.run_at, c.claimed_at, f.started_at, clock_timestamp(), $1, $2, f.requested_by, f.schedule,
         f.tick, f.retry_of
  FROM fence c
  -- All jobs of a claim are of one lane.
  CROSS JOIN LATERAL (SELECT l.queue, l.tenant, l.priority FROM twinmill.lanes l WHERE l.lane = c.lane OFFSET 0) AS l
  CROSS JOIN final f
  RETURNING h.job_id
), returned AS (
  UPDATE twinmill.live_jobs j
  SET state = CASE WHEN i.outcome = 'requeued' THEN 'ready' ELSE 'scheduled' END::twinmill.job_state,
      requeue_seq = i.requeue_seq,
      run_at = CASE WHEN i.outcome = 'requeued' THEN j.run_at
                    ELSE clock_timestamp() + make_interval(secs => i.delay_seconds) END,
      attempt = CASE WHEN i.outcome = 'retry' THEN j.attempt + 1 ELSE j.attempt END,
      errors = CASE WHEN i.message IS NULL THEN j.errors
                    ELSE coalesce(j.errors, '[]') || jsonb_build_object(
                      'attempt', j.attempt + 1, 'at', clock_timestamp(), 'claimed_at', c.claimed_at,
                      'cause', i.cause, 'message', i.message) END
  FROM fence c CROSS JOIN input i
  WHERE j.job_id = ANY ($3) AND j.job_id = i.job_id AND j.attempt = i.attempt - 1
    AND i.outcome IN ('retry', 'snooze', 'requeued')
  RETURNING j.job_id
), remaining AS MATERIALIZED (
  SELECT f.token, array_agg(m.job_id ORDER BY m.n) AS job_ids,
         CASE WHEN f.keys IS NOT NULL THEN array_agg(m.key ORDER BY m.n) END AS keys
  FROM fence f, unnest(f.job_ids, f.keys) WITH ORDINALITY AS m(job_id, key, n)
  WHERE m.job_id NOT IN (SELECT unnest($3::bigint[]))
  GROUP BY f.token, f.keys
), shrunk AS (
  UPDATE twinmill.claims c SET job_ids = r.job_ids, keys = r.keys FROM remaining r
  -- By the parameter, here and below: joined, a plan made on few claims would read all, dead ones too.
  WHERE c.token = $2
), closed AS (
  DELETE FROM twinmill.claims c
  WHERE c.token = $2 AND EXISTS (SELECT FROM fence) AND NOT EXISTS (SELECT FROM remaining)
)
SELECT a.job_id FROM archived a UNION ALL SELECT r.job_id FROM returned r
