-- Purpose: refuses tables that exist but lack a column that the domain reads, and what is no plain table: see
--          require_plain.
-- Index:   none.
-- Locks:   ACCESS SHARE on the tables.
-- Rows:    none.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.require_columns(
  domain text, table_schema text, tables text[], columns text[]
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  missing text;
BEGIN
  SELECT string_agg(format('%I.%I', need.in_table, need.name), ', ')
  INTO missing
  FROM unnest(tables, columns) AS need (in_table, name)
  WHERE to_regclass(format('%I.%I', table_schema, need.in_table)) IS NOT NULL
    AND NOT EXISTS (
      SELECT
      FROM pg_attribute a
      WHERE a.attrelid = to_regclass(format('%I.%I', table_schema, need.in_table))
        AND a.attname = need.name
        AND a.attnum > 0
        AND NOT a.attisdropped
    );
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'tables of schema % lack columns that domain % needs: %', table_schema, domain, missing
      USING ERRCODE = 'undefined_column',
        HINT = format(
          'If they belong to another application, keep the domain''s tables elsewhere: TWINMILL_DOMAIN_SCHEMAS=%s=SCHEMA.',
          domain);
  END IF;
  PERFORM twinmill.require_plain(array_fill(table_schema, ARRAY[cardinality(tables)]), tables, columns);
END
$function$;
COMMENT ON FUNCTION twinmill.require_columns(text, text, text[], text[]) IS
  'Refuses tables that exist but lack a column that the domain reads, or that could run code of their owner; missing '
  'tables are no error';
