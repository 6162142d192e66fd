-- Purpose: removes the functions and the list of domains. Locks: ACCESS EXCLUSIVE on twinmill.domains.
DROP FUNCTION twinmill.readable_json(json);
DROP FUNCTION twinmill.recompute(uuid);
DROP FUNCTION twinmill.register_twins(text);
DROP FUNCTION twinmill.twin(text, text);
DROP FUNCTION twinmill.check_domain(text);
DROP TABLE twinmill.domains;
