-- Purpose: removes the rows that sessions take turns at.  Locks: ACCESS EXCLUSIVE on the table.
DROP TABLE twinmill.turns;
