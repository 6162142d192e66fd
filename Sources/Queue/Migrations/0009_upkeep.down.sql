DROP FUNCTION twinmill.forget_progress();
DROP FUNCTION twinmill.report_progress(uuid, bigint[], integer[], real[], text[]);
DROP FUNCTION twinmill.tend();
