-- Purpose: ids that tell rows of jobs from rows of an application, and dirty tracking. Writing input data leaves a mark per twin and statement; the sweep turns marks into jobs.
--   Marks are only ever appended: an upserted mark per twin would make concurrent writers of one twin wait for each
--   other, and a sweep that clears it could lose a change that commits late. A mark is deleted by its exact id only.
-- Index relied on: the primary key (the sweep reads from the oldest mark).
-- Locks: SHARE ROW EXCLUSIVE on twin_snapshots and product_effects while triggers are created.
-- Expected rows: none.
CREATE TABLE twinmill.twin_changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  twin_id uuid NOT NULL,
  source text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
COMMENT ON TABLE twinmill.twin_changes IS
  'Append-only marks: input data of the twin was written by a statement on the table named source. The sweep consumes them.';

CREATE FUNCTION twinmill.result_id() RETURNS uuid
LANGUAGE sql
VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
  SELECT overlay(gen_random_uuid()::text PLACING '74776d69-6c6c-8' FROM 1 FOR 15)::uuid
$function$;
COMMENT ON FUNCTION twinmill.result_id() IS
  'The id of a row that a job writes into a table where applications write too: a UUID of version 8 (RFC 9562, custom) that begins with the letters twmill.';
REVOKE EXECUTE ON FUNCTION twinmill.result_id() FROM PUBLIC;

CREATE FUNCTION twinmill.is_result(id uuid) RETURNS boolean
LANGUAGE sql
IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
  SELECT is_result.id BETWEEN '74776d69-6c6c-8000-0000-000000000000' AND '74776d69-6c6c-8fff-ffff-ffffffffffff'
$function$;
COMMENT ON FUNCTION twinmill.is_result(uuid) IS
  'Whether a row''s id is one of twinmill.result_id: a job wrote the row, no application.';
REVOKE EXECUTE ON FUNCTION twinmill.is_result(uuid) FROM PUBLIC;

CREATE FUNCTION twinmill.note_changes() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
-- One mark per distinct twin of the statement. SECURITY DEFINER: an application's role has no right on the marks.
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT DISTINCT n.twin_id, TG_TABLE_NAME FROM new_rows n;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT n.twin_id, TG_TABLE_NAME FROM new_rows n UNION SELECT o.twin_id, TG_TABLE_NAME FROM old_rows o;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT DISTINCT o.twin_id, TG_TABLE_NAME FROM old_rows o;
  ELSE -- TRUNCATE does not say which twins lost their data
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT t.id, TG_TABLE_NAME FROM @twins@.user_digital_twins t WHERE t.domain IS NOT NULL;
  END IF;
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION twinmill.note_changes() IS 'Statement trigger: marks the twins whose rows a statement wrote.';
REVOKE EXECUTE ON FUNCTION twinmill.note_changes() FROM PUBLIC;

CREATE FUNCTION twinmill.note_usage_changes() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
-- product_effects holds input (which product, from when to when) and results (effects, score) in one table and, where
-- the application wrote the row, in one row: writing results must not mark the twin, or a result would ask for the next
-- one for ever. Rows that a job wrote say nothing that the application's do not.
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT DISTINCT n.twin_id, TG_TABLE_NAME FROM new_rows n WHERE NOT twinmill.is_result(n.id);
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT DISTINCT twin, TG_TABLE_NAME
    FROM new_rows n
    FULL JOIN old_rows o ON o.id = n.id
    CROSS JOIN LATERAL (VALUES (n.twin_id, n.id), (o.twin_id, o.id)) AS touched (twin, row_id)
    WHERE (n.twin_id, n.product_id, n.start_date, n.end_date)
        IS DISTINCT FROM (o.twin_id, o.product_id, o.start_date, o.end_date)
      AND twin IS NOT NULL
      AND NOT twinmill.is_result(row_id);
  ELSE
    INSERT INTO twinmill.twin_changes (twin_id, source)
    SELECT DISTINCT o.twin_id, TG_TABLE_NAME FROM old_rows o WHERE NOT twinmill.is_result(o.id);
  END IF;
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION twinmill.note_usage_changes() IS
  'Statement trigger of product_effects: marks twins whose product use changed, not those whose results were written.';
REVOKE EXECUTE ON FUNCTION twinmill.note_usage_changes() FROM PUBLIC;

CREATE FUNCTION twinmill.track_changes(
  tracked regclass, origin text, noted_by text DEFAULT 'note_changes'
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  place record;
  action record;
BEGIN
  SELECT n.nspname, c.relname
  INTO place
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = tracked;
  FOR action IN
    SELECT *
    FROM (VALUES
      ('INSERT', 'REFERENCING NEW TABLE AS new_rows', noted_by),
      ('UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows', noted_by),
      ('DELETE', 'REFERENCING OLD TABLE AS old_rows', noted_by),
      ('TRUNCATE', '', 'note_changes')
    ) AS a (event, transition, called)
  LOOP
    EXECUTE format(
      'CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION twinmill.%I()',
      'twinmill_note_' || lower(action.event), action.event, tracked, action.transition, action.called);
    INSERT INTO twinmill.created_objects (origin, object_type, schema_name, table_name, object_name)
    VALUES (track_changes.origin, 'trigger', place.nspname, place.relname, 'twinmill_note_' || lower(action.event));
  END LOOP;
END
$function$;
COMMENT ON FUNCTION twinmill.track_changes(regclass, text, text) IS
  'Puts the dirty-tracking triggers on a table with a twin_id column and records them for migrate down.';
REVOKE EXECUTE ON FUNCTION twinmill.track_changes(regclass, text, text) FROM PUBLIC;

SELECT twinmill.track_changes($name$@twins@.twin_snapshots$name$, '0021');
SELECT twinmill.track_changes($name$@twins@.product_effects$name$, '0021', 'note_usage_changes');
