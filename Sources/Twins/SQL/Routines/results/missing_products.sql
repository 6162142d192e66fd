-- Purpose: returns the product ids that the application's own table of products does not have.
-- Index:   the primary key of the table that product_effects refers to.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker
CREATE OR REPLACE FUNCTION twinmill.missing_products(products uuid[]) RETURNS uuid[]
LANGUAGE plpgsql
STABLE
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
-- An application's product_effects may refer to its own table of products, by any name. Twinmill's own refers to none.
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
  'Which of these ids no row of product_effects may have, because its table of products does not have them; an effect '
  'job leaves them out';
