-- Purpose: records a kind that this version can run. $1 to $10 as the columns.
-- Index:   kinds_pkey.
-- Locks:   the row, when something changed.
-- Rows:    0 or 1.
INSERT INTO twinmill.kinds AS k
  (name, summary, arguments_schema, queue, max_attempts, needs_twin, recomputes_on_change, follows, timeout_seconds,
   is_for_operators)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (name) DO UPDATE
SET summary = excluded.summary, arguments_schema = excluded.arguments_schema, queue = excluded.queue,
    max_attempts = excluded.max_attempts, needs_twin = excluded.needs_twin,
    recomputes_on_change = excluded.recomputes_on_change, follows = excluded.follows,
    timeout_seconds = excluded.timeout_seconds, is_for_operators = excluded.is_for_operators, registered_at = now()
WHERE (k.summary, k.arguments_schema, k.queue, k.max_attempts, k.needs_twin, k.recomputes_on_change, k.follows,
       k.timeout_seconds, k.is_for_operators)
      IS DISTINCT FROM (excluded.summary, excluded.arguments_schema, excluded.queue, excluded.max_attempts,
                        excluded.needs_twin, excluded.recomputes_on_change, excluded.follows,
                        excluded.timeout_seconds, excluded.is_for_operators)
  -- An older schema_predicate made the predicate.
  OR k.accepts::text IS DISTINCT FROM excluded.accepts::text
