-- Purpose: a twin for each user that has none (subject = users.id). Users who come later have theirs at once, by a
--   trigger. Index relied on: twinmill_twins_domain_subject. Locks: the new twins. Rows: one, how many.
SELECT twinmill.register_subjects('propositions', ARRAY(SELECT u.id::text FROM @domain@.users u)) AS registered
