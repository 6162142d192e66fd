-- Purpose: returns a document of the type json, or NULL if it holds escapes that cannot become text.
-- Index:   none.
-- Locks:   none.
-- Rows:    one.
-- Grant:   twinmill_worker, twinmill_read
CREATE OR REPLACE FUNCTION twinmill.readable_json(document json) RETURNS json
LANGUAGE plpgsql
IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
-- The type json keeps escapes as written. \u0000 and half surrogates fail only when a key or a text is read.
BEGIN
  PERFORM document::jsonb;
  RETURN document;
EXCEPTION WHEN untranslatable_character OR invalid_text_representation OR program_limit_exceeded
    OR numeric_value_out_of_range THEN
  RETURN NULL;
END
$function$;
COMMENT ON FUNCTION twinmill.readable_json(json) IS
  'The document, or NULL if it holds escapes that cannot become text; needed only for documents with \u escapes';
