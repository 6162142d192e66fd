-- Purpose: leaves marks for changed product use, but none for results that jobs write into the same table.
-- Index:   none.
-- Locks:   none: marks are only added.
-- Rows:    one mark per twin and statement.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.note_usage_changes() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
-- product_effects holds input (product, start, end) and results (effects, score) in one table. Where the application
-- wrote the row, they stand in one row. A result must not mark the twin, because it would then ask for the next result
-- for ever. Rows that a job wrote hold no input that the application's rows lack.
BEGIN
  PERFORM twinmill.require_built_in(TG_RELID, 'id', 'twin_id', 'product_id', 'start_date', 'end_date');
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
  'Statement trigger of product_effects: marks twins whose product use changed, not those whose results were written';
