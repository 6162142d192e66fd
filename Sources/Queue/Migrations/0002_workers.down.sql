DROP FUNCTION twinmill.rescue(uuid[], bigint[]);
DROP TABLE twinmill.cancellations;
DROP TABLE twinmill.workers;
