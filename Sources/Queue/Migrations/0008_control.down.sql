DROP FUNCTION twinmill.wait(bigint, interval);
DROP FUNCTION twinmill.retry(bigint);
DROP FUNCTION twinmill.cancel(bigint);
