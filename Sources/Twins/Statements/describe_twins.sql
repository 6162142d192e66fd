-- Purpose: what a batch of jobs must know of its twins besides their series. $1 uuid[] twins; $2 text kind;
--   $3 text[] names of domains and $4 text[] a table that the domain needs, in the twins' schema: one pair per table.
-- Index relied on: the primary keys of user_digital_twins and results. Locks: ACCESS SHARE.
-- Rows: one per twin that exists; tables_ready: the tables of its domain exist and
--   may be read, so that one domain's trouble does not fail the jobs of others; read_at: the server's clock.
SELECT
  t.id AS twin_id,
  t.domain,
  t.subject,
  NOT EXISTS (
    SELECT
    FROM unnest($3::text[], $4::text[]) AS needed (domain, name)
    WHERE needed.domain = t.domain
      AND has_table_privilege(to_regclass($name$@twins@.$name$ || quote_ident(needed.name)), 'SELECT') IS NOT TRUE
  ) AS tables_ready,
  r.input_hash,
  statement_timestamp() AS read_at
FROM unnest($1::uuid[]) AS wanted (twin_id)
JOIN @twins@.user_digital_twins t ON t.id = wanted.twin_id
LEFT JOIN twinmill.results r ON r.twin_id = t.id AND r.kind = $2
