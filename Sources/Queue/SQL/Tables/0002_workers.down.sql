DROP TABLE twinmill.progress;
DROP TABLE twinmill.cancellations;
DROP TABLE twinmill.claims;
DROP TABLE twinmill.workers;
