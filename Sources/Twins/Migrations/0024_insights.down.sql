-- Purpose: removes the views and functions of 0024. Locks: ACCESS EXCLUSIVE on them.
DROP FUNCTION twinmill.finish_recommendation(uuid, text);
DROP FUNCTION twinmill.ignore_recommendation(uuid, text);
DROP FUNCTION twinmill.close_recommendation(uuid, text, text);
DROP VIEW twinmill.current_recommendations;
DROP VIEW twinmill.current_insights;
