-- Purpose: removes the marks.  Locks: ACCESS EXCLUSIVE on twin_changes.
DROP TABLE twinmill.twin_changes;
