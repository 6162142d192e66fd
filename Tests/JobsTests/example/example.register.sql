-- Purpose: a twin for each greenhouse that has none. Greenhouses that come later have theirs at once, by a trigger.
-- Index relied on: twinmill_twins_domain_subject. Locks: the new twins. Rows: one, how many.
SELECT twinmill.register_subjects(
  'example', ARRAY(SELECT DISTINCT r.greenhouse FROM @domain@.example_readings r)) AS registered
