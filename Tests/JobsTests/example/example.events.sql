-- Purpose: example twins have observations only, no events. Same parameters and columns as every domain's events.
-- Index relied on: none. Locks: none. Rows: none.
SELECT
  NULL::uuid AS twin_id,
  NULL::timestamptz[] AS occurred_at,
  NULL::text[] AS event_types,
  NULL::text[] AS factors
WHERE $1::uuid[] IS NULL AND $2::timestamptz IS NULL AND $3::timestamptz IS NULL AND false
