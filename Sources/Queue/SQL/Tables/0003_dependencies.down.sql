DROP TABLE twinmill.unresolved;
DROP TABLE twinmill.dependencies;
