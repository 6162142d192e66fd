-- Purpose: removes exactly what 0020 created or added; an application's tables, columns and rows stay.
-- Locks: ACCESS EXCLUSIVE on the tables that are dropped or lose a column.
SELECT twinmill.drop_created('{}');

DROP FUNCTION twinmill.unknown_twins(uuid[]);
DROP FUNCTION twinmill.twin_exists(uuid);
DROP FUNCTION twinmill.drop_created(text[]);
DROP TABLE twinmill.created_objects;
