-- Purpose: moves the staged rows of an import into sensor_observations. Running the same import again changes nothing
--   and, as no row is written then, marks nothing dirty.
-- Parameters: $1 uuid the twin; $2 text[] the metrics, by the staged numbers from 1; $3 text the time zone of instants
--   without an offset, which were staged as if they were UTC. In an hour that clocks repeat PostgreSQL takes the
--   second one (standard time); an hour that they skip is moved forward.
-- Reads pg_temp.twinmill_import (line bigint, metric integer, observed_at timestamptz, is_local boolean,
--   value double precision). Of several rows for one instant the last line wins.
-- Index relied on: sensor_observations' primary key. Locks: the rows that it writes, in the order of the key.
-- Rows: one: inserted, changed, unchanged, repeated (all bigint), first and last timestamptz.
WITH placed AS MATERIALIZED (
  SELECT
    i.line,
    ($2::text[])[i.metric] AS metric,
    CASE WHEN i.is_local THEN (i.observed_at AT TIME ZONE 'UTC') AT TIME ZONE $3 ELSE i.observed_at END AS observed_at,
    i.value
  FROM pg_temp.twinmill_import i
), newest AS MATERIALIZED (
  SELECT DISTINCT ON (p.metric, p.observed_at) p.metric, p.observed_at, p.value
  FROM placed p
  ORDER BY p.metric, p.observed_at, p.line DESC
), written AS (
  INSERT INTO @twins@.sensor_observations AS o (twin_id, metric, observed_at, value)
  SELECT $1, n.metric, n.observed_at, n.value FROM newest n ORDER BY n.metric, n.observed_at
  ON CONFLICT (twin_id, metric, observed_at) DO UPDATE SET value = excluded.value WHERE o.value <> excluded.value
  -- xmax is 0 in a row that was inserted and not updated.
  RETURNING o.xmax = 0 AS is_new
)
SELECT
  (SELECT count(*) FILTER (WHERE is_new) FROM written) AS inserted,
  (SELECT count(*) FILTER (WHERE NOT is_new) FROM written) AS changed,
  (SELECT count(*) FROM newest) - (SELECT count(*) FROM written) AS unchanged,
  (SELECT count(*) FROM placed) - (SELECT count(*) FROM newest) AS repeated,
  (SELECT min(observed_at) FROM newest) AS first,
  (SELECT max(observed_at) FROM newest) AS last
