DROP TABLE twinmill.dependencies;
DROP FUNCTION twinmill.settle_dependency();
DROP FUNCTION twinmill.release(bigint[]);
