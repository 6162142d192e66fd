-- Purpose: a twin for each member that has none (subject = users.id). Members who come later have theirs at once, by a
--   trigger. Index relied on: twinmill_twins_domain_subject. Locks: the new twins. Rows: one, how many.
SELECT twinmill.register_subjects('goals', ARRAY(SELECT u.id::text FROM @domain@.users u)) AS registered
