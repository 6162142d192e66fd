ALTER TABLE twinmill.kinds DROP COLUMN accepts, RESET (toast_tuple_target);
DROP FUNCTION twinmill.schema_predicate(jsonb, text);
DROP FUNCTION twinmill.schema_fault(jsonb, jsonb, text);
