-- Purpose: removes the views and the tables of 0023. Locks: ACCESS EXCLUSIVE on them.
DROP VIEW twinmill.latest_predictions;
DROP VIEW twinmill.freshness;
DROP TABLE twinmill.twin_sweeps;
DROP TABLE twinmill.results;
