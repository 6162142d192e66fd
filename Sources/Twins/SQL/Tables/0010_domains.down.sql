-- Purpose: removes the list of domains.  Locks: ACCESS EXCLUSIVE on it.
DROP TABLE twinmill.domains;
