-- Purpose: what was computed last for each twin and kind (the input hash that lets an unchanged job end without a
--   write), how fresh it is, the latest predictions as rows, and which products an effect may be written for.
-- Index relied on: results' primary key; twin_predictions (twin_id); jobs_unique; job_history_job.
-- Locks: none on the twin tables beyond ACCESS SHARE. Expected rows: none.
CREATE TABLE twinmill.results (
  twin_id uuid NOT NULL,
  kind text NOT NULL,
  input_hash text NOT NULL,
  code_version text NOT NULL,
  job_id bigint NOT NULL,
  attempt integer NOT NULL,
  computed_at timestamptz NOT NULL,
  checked_at timestamptz NOT NULL,
  summary jsonb,
  PRIMARY KEY (twin_id, kind)
) WITH (fillfactor = 80);
COMMENT ON TABLE twinmill.results IS
  'The latest result per twin and kind: hash of its input, job and attempt that wrote it. computed_at equals created_at of its rows; checked_at is when its input was read; summary is the result''s metadata, also where there was nothing to write.';

CREATE TABLE twinmill.twin_sweeps (
  twin_id uuid NOT NULL,
  kind text NOT NULL,
  dirty_since timestamptz NOT NULL,
  swept_at timestamptz NOT NULL,
  job_id bigint NOT NULL,
  PRIMARY KEY (twin_id, kind)
) WITH (fillfactor = 80);
COMMENT ON TABLE twinmill.twin_sweeps IS
  'When the sweep last took marks of the twin, the oldest change among them, and the job that was to read the change: a result whose input was read before swept_at is stale.';

CREATE VIEW twinmill.freshness AS
SELECT
  t.id AS twin_id,
  t.domain,
  t.subject,
  k.name AS kind,
  CASE
    WHEN r.computed_at IS NULL THEN 'never'
    WHEN m.dirty_since IS NOT NULL OR s.swept_at > read.last THEN 'stale'
    ELSE 'fresh'
  END AS state,
  r.computed_at,
  read.last AS checked_at,
  least(m.dirty_since, CASE WHEN s.swept_at > read.last OR r.computed_at IS NULL THEN s.dirty_since END) AS dirty_since,
  r.job_id,
  j.job_id AS unfinished_job_id
FROM @twins@.user_digital_twins t
CROSS JOIN (SELECT name FROM twinmill.kinds WHERE recomputes_on_change) k
LEFT JOIN twinmill.results r ON r.twin_id = t.id AND r.kind = k.name
LEFT JOIN (
  SELECT twin_id, min(changed_at) AS dirty_since FROM twinmill.twin_changes GROUP BY twin_id
) m ON m.twin_id = t.id
LEFT JOIN twinmill.twin_sweeps s ON s.twin_id = t.id AND s.kind = k.name
LEFT JOIN LATERAL (
  -- A job that found its input unchanged writes no result, but history knows that it looked. Asked only where the
  -- answer matters: after a sweep that is newer than the result.
  SELECT f.started_at
  FROM twinmill.job_history f
  WHERE f.job_id = s.job_id
    AND f.finished_at >= s.swept_at
    AND f.state = 'completed'
    AND s.swept_at > r.checked_at
  LIMIT 1
) h ON true
CROSS JOIN LATERAL (SELECT greatest(r.checked_at, h.started_at) AS last) read
-- The sweep and recompute() name their jobs after the twin.
LEFT JOIN twinmill.live_jobs j ON j.kind = k.name AND j.unique_key = t.id::text
WHERE t.domain IS NOT NULL;
COMMENT ON VIEW twinmill.freshness IS
  'Per twin and kind: never, stale (input written since it was last read; dirty_since says when) or fresh; and the waiting or running job that will refresh it.';

CREATE VIEW twinmill.latest_predictions AS
SELECT
  t.domain,
  t.subject,
  p.twin_id,
  p.prediction_date,
  m.key AS metric,
  (m.value ->> 'mean')::double precision AS mean,
  (m.value ->> 'lo80')::double precision AS lo80,
  (m.value ->> 'hi80')::double precision AS hi80,
  (m.value ->> 'lo95')::double precision AS lo95,
  (m.value ->> 'hi95')::double precision AS hi95,
  p.confidence_score,
  p.created_at,
  r.job_id
FROM twinmill.results r
JOIN @twins@.user_digital_twins t ON t.id = r.twin_id
JOIN @twins@.twin_predictions p
  ON p.twin_id = r.twin_id AND p.created_at = r.computed_at AND p.metadata ->> 'job_id' = r.job_id::text
CROSS JOIN LATERAL json_each(p.predicted_state::json) AS m (key, value)
WHERE r.kind = 'prediction';
COMMENT ON VIEW twinmill.latest_predictions IS
  'The newest prediction of each twin, one row per date and metric: mean and the bounds of the 80 % and 95 % intervals.';

CREATE FUNCTION twinmill.keep_predictions(days integer) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
  IF days < 1 THEN
    RAISE EXCEPTION 'days must be at least 1, not %', days USING ERRCODE = '22023',
      HINT = 'NULL keeps all predictions; the latest one of a twin always stays.';
  END IF;
  IF days IS NOT NULL AND NOT has_table_privilege($name$@twins@.twin_predictions$name$, 'DELETE') THEN
    RAISE EXCEPTION 'role % may not delete from %', current_user, $name$@twins@.twin_predictions$name$
      USING ERRCODE = 'insufficient_privilege',
        HINT = format('GRANT DELETE ON %s TO %I;', $name$@twins@.twin_predictions$name$, current_user);
  END IF;
  INSERT INTO twinmill.settings (name, value) VALUES ('prediction_days', coalesce(to_jsonb(days), 'null'))
  ON CONFLICT (name) DO UPDATE SET value = excluded.value;
END
$function$;
COMMENT ON FUNCTION twinmill.keep_predictions(integer) IS
  'How many days a twin''s predictions are kept beside its latest one; NULL, the default: all of them, always';

-- Purpose: removes what twins were predicted longer ago than keep_predictions says. Rows that no job wrote stay, and so
--   does the latest prediction.
-- Index relied on: results' primary key; twin_predictions (twin_id). Locks: the rows that it removes; who calls it holds
--   the twins' rows of results. Rows: one.
CREATE FUNCTION twinmill.prune_predictions(twins uuid[]) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  kept_days integer := (SELECT (s.value #>> '{}')::integer FROM twinmill.settings s WHERE s.name = 'prediction_days');
BEGIN
  IF kept_days IS NULL THEN RETURN; END IF;
  DELETE FROM @twins@.twin_predictions p
  USING unnest(twins) AS t (id), twinmill.results r
  WHERE r.twin_id = t.id AND r.kind = 'prediction'
    AND p.twin_id = t.id
    AND p.created_at < r.computed_at
    AND p.created_at < now() - make_interval(days => kept_days)
    AND p.metadata ->> 'kind' = 'prediction' AND p.metadata ->> 'job_id' IS NOT NULL;
END
$function$;
COMMENT ON FUNCTION twinmill.prune_predictions(uuid[]) IS
  'Removes predictions of these twins that keep_predictions does not keep; each prediction calls it for its twin';
REVOKE EXECUTE ON FUNCTION twinmill.keep_predictions(integer), twinmill.prune_predictions(uuid[]) FROM PUBLIC;

CREATE FUNCTION twinmill.missing_products(products uuid[]) RETURNS uuid[]
LANGUAGE plpgsql
STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
-- An application's product_effects may refer to its own table of products, whatever its name; ours refers to none.
DECLARE
  reference record;
  missing uuid[];
  answer uuid[] := '{}';
BEGIN
  FOR reference IN
    SELECT c.confrelid::regclass AS table_name, f.attname AS column_name
    FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] AND a.attname = 'product_id'
    JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = c.confkey[1]
    WHERE c.contype = 'f' AND c.conrelid = $name$@twins@.product_effects$name$::regclass AND cardinality(c.conkey) = 1
  LOOP
    EXECUTE format(
      'SELECT ARRAY(SELECT p.id FROM unnest($1) AS p (id) WHERE NOT EXISTS (SELECT FROM %s t WHERE t.%I = p.id))',
      reference.table_name, reference.column_name)
    INTO missing
    USING products;
    answer := answer || missing;
  END LOOP;
  RETURN answer;
END
$function$;
COMMENT ON FUNCTION twinmill.missing_products(uuid[]) IS
  'Which of these ids no row of product_effects may have, because the table of products that it refers to does not know them; an effect job leaves them out.';
REVOKE EXECUTE ON FUNCTION twinmill.missing_products(uuid[]) FROM PUBLIC;
