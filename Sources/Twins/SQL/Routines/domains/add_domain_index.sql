-- Purpose: creates an index if none begins with these columns, and records it for migrate down.
-- Index:   none.
-- Locks:   SHARE on the table while the index is built.
-- Rows:    none.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.add_domain_index(domain text, indexed regclass, columns text[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  place record;
  index_name text;
  statement text;
BEGIN
  -- An index that begins with these columns, in this order, is enough; either direction.
  IF EXISTS (
    SELECT
    FROM pg_index i
    WHERE i.indrelid = indexed
      AND i.indpred IS NULL
      AND i.indisvalid
      AND ARRAY(
        SELECT a.attname::text
        FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = indexed AND a.attnum = k.number
        WHERE k.place <= cardinality(columns)
        ORDER BY k.place
      ) = columns
  ) THEN
    RETURN;
  END IF;
  SELECT n.nspname, c.relname
  INTO place
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = indexed;
  index_name := left(format('twinmill_%s_%s', place.relname, array_to_string(columns, '_')), 63);
  statement := format(
    'CREATE INDEX %I ON %s (%s)', index_name, indexed,
    (SELECT string_agg(quote_ident(c.name), ', ' ORDER BY c.place) FROM unnest(columns) WITH ORDINALITY AS c (name, place)));
  IF NOT (SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_class c WHERE c.oid = indexed) THEN
    RAISE EXCEPTION '% lacks an index that domain % needs, and belongs to another role', indexed, domain
      USING ERRCODE = 'insufficient_privilege', HINT = format('As its owner: %s;', statement);
  END IF;
  EXECUTE statement;
  INSERT INTO twinmill.created_objects (origin, object_type, schema_name, table_name, object_name)
  VALUES (domain, 'index', place.nspname, place.relname, index_name);
END
$function$;
COMMENT ON FUNCTION twinmill.add_domain_index(text, regclass, text[]) IS
  'For schema scripts of domains: creates an index that begins with these columns if there is none, and records it for '
  'migrate down';
