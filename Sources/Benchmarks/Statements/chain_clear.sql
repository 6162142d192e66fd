-- Purpose: takes simulated twins away with all that was computed of them. $1 uuid[] twins.
-- Index relied on: the tables' twin_id. Locks: the rows. Rows: one, how many twins.
WITH history AS (DELETE FROM twinmill.job_history WHERE twin_id = ANY ($1)),
  results AS (DELETE FROM twinmill.results WHERE twin_id = ANY ($1)),
  sweeps AS (DELETE FROM twinmill.twin_sweeps WHERE twin_id = ANY ($1)),
  changes AS (DELETE FROM twinmill.twin_changes WHERE twin_id = ANY ($1)),
  effects AS (DELETE FROM @twins@.product_effects WHERE twin_id = ANY ($1)),
  snapshots AS (DELETE FROM @twins@.twin_snapshots WHERE twin_id = ANY ($1)),
  predictions AS (DELETE FROM @twins@.twin_predictions WHERE twin_id = ANY ($1)),
  correlations AS (DELETE FROM @twins@.twin_correlations WHERE twin_id = ANY ($1)),
  insights AS (DELETE FROM @twins@.twin_insights WHERE twin_id = ANY ($1)),
  recommendations AS (DELETE FROM @twins@.twin_recommendations WHERE twin_id = ANY ($1)),
  twins AS (DELETE FROM @twins@.user_digital_twins WHERE id = ANY ($1) RETURNING id)
SELECT count(*) FROM twins
