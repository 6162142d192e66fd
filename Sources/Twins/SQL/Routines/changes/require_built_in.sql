-- Purpose: refuses columns that are not of a built-in type. Reading a value of another type can run its owner's code: a
--          cast, a comparison, an output function. No role but a superuser can change what a built-in type does.
-- Index:   pg_attribute_relid_attnam_index.
-- Locks:   none.
-- Rows:    none.
-- 16384 is the first number that PostgreSQL gives to an object of a user (FirstNormalObjectId).
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.require_built_in(relation regclass, VARIADIC columns text[]) RETURNS void
LANGUAGE plpgsql
STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  fault record;
BEGIN
  SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type
  INTO fault
  FROM pg_attribute a
  WHERE a.attrelid = relation AND a.attname = ANY (columns) AND NOT a.attisdropped AND a.atttypid >= 16384
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'column % of % has the type %, which is not built in', quote_ident(fault.attname), relation, fault.type
      USING ERRCODE = 'datatype_mismatch',
        HINT = 'Twinmill reads columns of PostgreSQL''s own types only: use uuid, text, a number, a time or json.';
  END IF;
END
$function$;
COMMENT ON FUNCTION twinmill.require_built_in(regclass, text[]) IS
  'Refuses columns that are not of a built-in type, because reading them could run code of the type''s owner';
