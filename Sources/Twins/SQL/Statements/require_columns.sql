-- Purpose: refuses tables of a domain that are there and lack a column that it reads. $1 domain, $2 its schema,
--   $3 text[] tables and $4 text[] a column of each. Index relied on: none. Locks: ACCESS SHARE on them. Rows: one, void.
SELECT twinmill.require_columns($1, $2, $3::text[], $4::text[])
