-- Purpose: writes the program's domains to the list that psql's functions check. $1 names, $2 summaries, $3 definitions.
-- Index relied on: domains_pkey. Locks: rows that changed, by name. Rows: none.
INSERT INTO twinmill.domains AS d (name, summary, definition)
SELECT n.name, n.summary, n.definition
FROM unnest($1::text[], $2::text[], $3::text[]) AS n (name, summary, definition)
ORDER BY n.name
ON CONFLICT (name) DO UPDATE
SET summary = excluded.summary, definition = excluded.definition, registered_at = now()
WHERE (d.summary, d.definition) IS DISTINCT FROM (excluded.summary, excluded.definition)
