-- Purpose: returns what a batch of jobs needs of its twins besides their series. $1 uuid[] twins; $2 text kind;
--   $3 text[] names of domains, $4 text[] schema, $5 text[] table, $6 text[] a column of it that the domain needs.
-- Index relied on: the primary keys of user_digital_twins and results. Locks: ACCESS SHARE.
-- Rows: one per twin that exists; tables_ready: the tables of its domain exist with their columns and may be read, so
--   that one domain's trouble does not fail the jobs of others; read_at: the server's clock.
-- The CASE asks for the right on the schema first: without it to_regclass is an error, not NULL.
SELECT
  t.id AS twin_id,
  t.domain,
  t.subject,
  NOT EXISTS (
    SELECT
    FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]) AS needed (domain, in_schema, name, in_column)
    WHERE needed.domain = t.domain
      AND CASE
        WHEN has_schema_privilege(to_regnamespace(quote_ident(needed.in_schema)), 'USAGE') IS NOT TRUE THEN true
        ELSE NOT EXISTS (
          SELECT
          FROM pg_attribute a
          WHERE a.attrelid = to_regclass(quote_ident(needed.in_schema) || '.' || quote_ident(needed.name))
            AND a.attname = needed.in_column
            AND NOT a.attisdropped
            AND has_table_privilege(a.attrelid, 'SELECT')
        )
      END
  ) AS tables_ready,
  r.input_hash,
  statement_timestamp() AS read_at
FROM unnest($1::uuid[]) AS wanted (twin_id)
JOIN @twins@.user_digital_twins t ON t.id = wanted.twin_id
LEFT JOIN twinmill.results r ON r.twin_id = t.id AND r.kind = $2
