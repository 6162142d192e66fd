-- Purpose: removes the triggers, the marks and the tables that domains created on request (their triggers call
--   functions that go here).
-- Locks: ACCESS EXCLUSIVE on the tracked tables.
SELECT twinmill.drop_created('{0020}');

DROP FUNCTION twinmill.track_changes(regclass, text, text);
DROP FUNCTION twinmill.note_usage_changes();
DROP FUNCTION twinmill.note_changes();
DROP FUNCTION twinmill.is_result(uuid);
DROP FUNCTION twinmill.result_id();
DROP TABLE twinmill.twin_changes;
