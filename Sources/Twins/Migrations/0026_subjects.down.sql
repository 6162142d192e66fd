-- Purpose: removes the functions. Their triggers went with 0027. Locks: none.
DROP FUNCTION twinmill.instant_or_null(text);
DROP FUNCTION twinmill.zone_or_utc(text);
DROP FUNCTION twinmill.note_subject_changes();
DROP FUNCTION twinmill.note_new_subjects();
DROP FUNCTION twinmill.register_subjects(text, text[]);
