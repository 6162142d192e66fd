DROP FUNCTION twinmill.weigh_tenant(text, double precision);
DROP FUNCTION twinmill.share(text[], double precision[]);
DROP TABLE twinmill.tenants;
DROP FUNCTION twinmill.unpark(text[]);
DROP FUNCTION twinmill.limit_queue(text, integer, integer, integer, interval, interval);
DROP FUNCTION twinmill.resume(text);
DROP FUNCTION twinmill.pause(text);
DROP FUNCTION twinmill.settings_of(text);
