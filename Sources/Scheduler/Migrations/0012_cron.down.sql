DROP FUNCTION twinmill.check_cron(text);
DROP FUNCTION twinmill.cron_numbers(integer, text);
