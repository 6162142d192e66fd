-- Purpose: ties twins that the application created since the last time to their users (subject = user_id).
-- Index relied on: none (twins without a domain are few). Locks: the rows it ties. Rows: one, how many.
SELECT twinmill.register_twins('skincare') AS registered
