-- Purpose: returns the server's offset of zones now. $1 names of zones.
-- Index:   none.
-- Locks:   none.
-- Rows:    one per zone; NULL: the server does not know it.
SELECT z.zone, twinmill.zone_offset(z.zone) AS server_offset FROM unnest($1::text[]) AS z(zone)
