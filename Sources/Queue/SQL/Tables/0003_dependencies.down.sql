DROP TABLE twinmill.unreleased;
DROP TABLE twinmill.dependencies;
