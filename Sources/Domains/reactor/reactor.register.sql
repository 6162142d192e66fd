-- Purpose: a twin for each reactor that has none (subject = reactors.id). Reactors that are added later have theirs at
--   once, by a trigger. Index relied on: twinmill_twins_domain_subject. Locks: the new twins. Rows: one, how many.
SELECT twinmill.register_subjects('reactor', ARRAY(SELECT r.id::text FROM @domain@.reactors r)) AS registered
