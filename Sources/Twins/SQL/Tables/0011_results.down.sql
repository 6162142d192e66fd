-- Purpose: removes the tables of step 11 and the setting of twinmill.keep_predictions.  Locks: ACCESS EXCLUSIVE on them.
DELETE FROM twinmill.settings WHERE name = 'prediction_days';
DROP TABLE twinmill.twin_sweeps;
DROP TABLE twinmill.results;
