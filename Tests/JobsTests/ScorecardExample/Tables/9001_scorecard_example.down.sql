DROP TABLE twinmill.scorecard_example;
