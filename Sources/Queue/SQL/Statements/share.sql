-- Purpose: tell what this worker used by tenant since it last did, hear what all used. $1 tenants, $2 seconds.
-- Index:   see twinmill.share.  Locks: the tenants' rows.  Rows: one per tenant that used anything of late.
SELECT s.tenant, s.seconds FROM twinmill.share($1, $2) AS s
