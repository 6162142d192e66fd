DROP TABLE twinmill.dependencies;
DROP FUNCTION twinmill.settle_dependency();
DROP FUNCTION twinmill.release(bigint[], text);
DROP FUNCTION twinmill.let_go(bigint[], bigint[]);
DROP TABLE twinmill.unreleased;
