-- Purpose: adds what this worker used by tenant since the last call, and returns the use of all. $1 tenants, $2
--          seconds.
-- Index:   see twinmill.share.
-- Locks:   the rows of the tenants.
-- Rows:    one per tenant with recent use.
SELECT s.tenant, s.seconds FROM twinmill.share($1, $2) AS s
