-- Purpose: sensor twins come into being with their import or by twinmill.twin('sensor', name): nothing to tie.
-- Index relied on: none. Locks: none. Rows: one, always 0.
SELECT 0::bigint AS registered
