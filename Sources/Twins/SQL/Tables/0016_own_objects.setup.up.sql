-- Purpose: forgets what stands in twinmill.created_objects and is not ours, because the daemons' role could write there;
--          and puts the trigger find_subjects before each note_subject_changes whose subject stands in another table.
-- Locks:   SHARE ROW EXCLUSIVE on such a table while its triggers are created.
SELECT twinmill.disown_objects();
SELECT twinmill.add_trigger(
  g.tgrelid::regclass, a.arguments[1], replace(g.tgname, 'twinmill_note_', 'twinmill_find_'), e.event, e.transition,
  'find_subjects', a.arguments[2:5])
FROM pg_trigger g
JOIN (VALUES
  ('twinmill_note_insert', 'INSERT', 'REFERENCING NEW TABLE AS new_rows'),
  ('twinmill_note_update', 'UPDATE', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'),
  ('twinmill_note_delete', 'DELETE', 'REFERENCING OLD TABLE AS old_rows')
) AS e (name, event, transition) ON e.name = g.tgname
CROSS JOIN LATERAL (SELECT string_to_array(encode(g.tgargs, 'escape'), '\000') AS arguments) AS a
WHERE g.tgfoid = 'twinmill.note_subject_changes'::regproc AND g.tgnargs = 5;
