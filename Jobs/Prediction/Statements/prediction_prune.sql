-- Purpose: removes earlier predictions of the twins of a batch that are older than they are kept.
--   $1 uuid[] twins.
-- Index relied on, locks: see twinmill.prune_predictions. Rows: one, void.
SELECT twinmill.prune_predictions($1)
