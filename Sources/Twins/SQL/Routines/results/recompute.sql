-- Purpose: enqueues all kinds that are recomputed on change for one twin, as a chain: each kind waits for the kinds
--          whose results it reads. If such a job is discarded, the kind runs on the results that exist.
-- Index:   jobs_unique (in insert_job).
-- Locks:   the new jobs.
-- Rows:    one per kind.
-- Grant:   twinmill_worker, twinmill_enqueue
CREATE OR REPLACE FUNCTION twinmill.recompute(twin uuid) RETURNS TABLE (kind text, job_id bigint, outcome text)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
  wanted text[] := ARRAY(SELECT k.name FROM twinmill.kinds k WHERE k.recomputes_on_change ORDER BY k.name);
  asked jsonb := '{}';
  before bigint[];
  done record;
BEGIN
  IF recompute.twin IS NULL OR NOT twinmill.twin_exists(recompute.twin) THEN
    RAISE EXCEPTION 'there is no twin %', coalesce(recompute.twin::text, 'NULL')
      USING ERRCODE = 'foreign_key_violation',
        HINT = 'SELECT twinmill.twin(domain => …, subject => …) gives the id of a subject''s twin.';
  END IF;
  WHILE cardinality(wanted) > 0 LOOP
    -- The first kind that follows none of the remaining ones. Kinds that follow each other in a circle wait for none.
    SELECT k.name, ARRAY(SELECT (asked ->> f)::bigint FROM unnest(k.follows) AS f WHERE asked ? f)
    INTO STRICT kind, before
    FROM twinmill.kinds k
    WHERE k.name = ANY (wanted)
    ORDER BY k.follows && array_remove(wanted, k.name), k.name LIMIT 1;
    -- enqueue refuses keys that begin so: nobody else can hold a twin's key and keep it from being recomputed.
    done := twinmill.insert_job(
      kind, recompute.twin, '{}', NULL, 0, NULL, 'twinmill:recompute:' || recompute.twin, NULL, before, '{run}', '',
      NULL, NULL, 'keep', NULL, NULL, NULL);
    IF done.ready_in IS NOT NULL THEN PERFORM twinmill.wake(done.ready_in); END IF;
    job_id := done.job_id;
    outcome := done.outcome;
    asked := asked || jsonb_build_object(kind, job_id);
    wanted := array_remove(wanted, kind);
    RETURN NEXT;
  END LOOP;
END
$function$;
COMMENT ON FUNCTION twinmill.recompute(uuid) IS
  'Enqueues every kind that is recomputed on change for the twin, each after those whose results it reads; a waiting '
  'or running job of the same twin is not doubled (merged)';
