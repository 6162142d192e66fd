-- Purpose: the id of a twin by domain and subject, without creating it. $1 text domain; $2 text subject.
-- Index relied on: the unique index over domain and subject. Locks: ACCESS SHARE. Rows: one, or none.
SELECT t.id FROM @twins@.user_digital_twins t WHERE t.domain = $1 AND t.subject = $2
