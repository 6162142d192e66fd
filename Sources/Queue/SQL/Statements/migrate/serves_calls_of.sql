-- Purpose: tells whether every call of one function is a valid call of another: the same parameters first, defaults for
--          the others. Both at once would make such calls ambiguous. $1 the old function's oid, $2 the new one's.
-- Index:   pg_proc_oid_index.
-- Locks:   none.
-- Rows:    one.
SELECT n.pronargs - n.pronargdefaults <= o.pronargs - o.pronargdefaults
   AND n.pronargs >= o.pronargs
   AND (n.proargtypes::oid[])[0:o.pronargs - 1] = (o.proargtypes::oid[])[0:o.pronargs - 1]
FROM pg_catalog.pg_proc o, pg_catalog.pg_proc n
WHERE o.oid = $1::bigint::oid AND n.oid = $2::bigint::oid
