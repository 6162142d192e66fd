-- Purpose: forgets entries of created_objects that name nothing of ours: what roles.sql grants and `migrate down` drops
--          must be owned by the owner of this schema, or be an index, column or trigger of Twinmill on a table of others.
-- Index:   those of the catalogue.
-- Locks:   the deleted rows.
-- Rows:    one: how many entries.
-- Grant:   none
CREATE OR REPLACE FUNCTION twinmill.disown_objects() RETURNS bigint
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $function$
  WITH owner AS (
    SELECT c.relowner AS id FROM pg_class c WHERE c.oid = 'twinmill.created_objects'::regclass
  ), gone AS (
    DELETE FROM twinmill.created_objects o
    USING owner
    WHERE NOT CASE o.object_type
      WHEN 'schema' THEN EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = o.schema_name AND n.nspowner = owner.id)
      ELSE EXISTS (
        SELECT
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = o.schema_name AND c.relname = o.table_name
          AND CASE o.object_type
            WHEN 'table' THEN c.relowner = owner.id
            WHEN 'column' THEN c.oid = $name$@twins@.user_digital_twins$name$::regclass
              AND o.object_name IN ('domain', 'subject')
            WHEN 'index' THEN starts_with(o.object_name, 'twinmill_') AND EXISTS (
              SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
              WHERE i.indrelid = c.oid AND x.relname = o.object_name)
            ELSE EXISTS (
              SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
              WHERE g.tgrelid = c.oid AND g.tgname = o.object_name AND p.pronamespace = 'twinmill'::regnamespace)
          END
      )
    END
    RETURNING 1
  )
  SELECT count(*) FROM gone
$function$;
COMMENT ON FUNCTION twinmill.disown_objects() IS
  'Forgets entries of created_objects that name nothing of ours; migrate calls it before it grants or drops by the list';
