-- Purpose: removes the views, the tables and the function of 0023. Locks: ACCESS EXCLUSIVE on them.
DELETE FROM twinmill.settings WHERE name = 'prediction_days';
DROP FUNCTION twinmill.missing_products(uuid[]);
DROP FUNCTION twinmill.prune_predictions(uuid[]);
DROP FUNCTION twinmill.keep_predictions(integer);
DROP VIEW twinmill.latest_predictions;
DROP VIEW twinmill.freshness;
DROP TABLE twinmill.twin_sweeps;
DROP TABLE twinmill.results;
