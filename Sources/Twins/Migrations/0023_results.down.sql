-- Purpose: removes the views, the tables and the function of 0023. Locks: ACCESS EXCLUSIVE on them.
DROP FUNCTION twinmill.missing_products(uuid[]);
DROP VIEW twinmill.latest_predictions;
DROP VIEW twinmill.freshness;
DROP TABLE twinmill.twin_sweeps;
DROP TABLE twinmill.results;
