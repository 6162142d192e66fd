-- Purpose: inserts one job and wakes the workers of its queue. Applications and people call it.
-- Index:   see insert_job.
-- Locks:   see insert_job and wake.
-- Rows:    one.
-- Grant:   twinmill_worker, twinmill_enqueue
CREATE OR REPLACE FUNCTION twinmill.enqueue(
  kind text, twin uuid DEFAULT NULL, arguments jsonb DEFAULT '{}', queue text DEFAULT NULL,
  priority integer DEFAULT 0, run_at timestamptz DEFAULT NULL, unique_key text DEFAULT NULL,
  max_attempts integer DEFAULT NULL, depends_on bigint[] DEFAULT NULL, on_discard text[] DEFAULT '{discard}',
  tenant text DEFAULT '', concurrency_key text DEFAULT NULL, deadline timestamptz DEFAULT NULL,
  if_waiting text DEFAULT 'keep',
  OUT job_id bigint, OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  done record := twinmill.insert_job(
    kind, twin, arguments, queue, priority, run_at, twinmill.own_key(unique_key), max_attempts, depends_on, on_discard,
    tenant, concurrency_key, deadline, if_waiting, NULL, NULL, NULL);
BEGIN
  IF done.ready_in IS NOT NULL THEN PERFORM twinmill.wake(done.ready_in); END IF;
  job_id := done.job_id;
  outcome := done.outcome;
END $$;
COMMENT ON FUNCTION twinmill.enqueue(text, uuid, jsonb, text, integer, timestamptz, text, integer, bigint[], text[],
  text, text, timestamptz, text) IS
  'Inserts a job. outcome: inserted; merged: job_id is the unfinished job with the same kind and unique_key; '
  'replaced: job_id waited with that key and has the new arguments now (if_waiting => ''replace'')';
