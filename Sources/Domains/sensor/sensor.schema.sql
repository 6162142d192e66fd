-- Purpose: the sensor domain's table, created on request (the first import, the demo); with the triggers that mark
--   twins whose observations change.
-- Index relied on: the primary key: reads of a twin's metrics, newest first, and the import's upsert.
-- Locks: SHARE ROW EXCLUSIVE on twinmill.created_objects, so that two first imports take turns, and on
--   user_digital_twins for the foreign key. Recorded in twinmill.created_objects for migrate down.
DO $do$
DECLARE
  schema_name text := (parse_ident($name$@twins@$name$))[1];
  reader text;
BEGIN
  LOCK TABLE twinmill.created_objects IN SHARE ROW EXCLUSIVE MODE;
  IF to_regclass($name$@twins@.sensor_observations$name$) IS NOT NULL THEN
    RETURN;
  END IF;
  CREATE TABLE @twins@.sensor_observations (
    twin_id uuid NOT NULL REFERENCES @twins@.user_digital_twins (id) ON DELETE CASCADE,
    metric text NOT NULL CHECK (metric <> ''),
    observed_at timestamptz NOT NULL CHECK (isfinite(observed_at)),
    -- NaN is greater than every other number: both bounds refuse it and the infinities.
    value double precision NOT NULL CHECK (value > '-Infinity' AND value < 'Infinity'),
    PRIMARY KEY (twin_id, metric, observed_at)
  );
  COMMENT ON TABLE @twins@.sensor_observations IS
    'Observations of the sensor domain: any timestamped metric of a twin; the unit is whatever the source uses.';
  PERFORM twinmill.give_to_owner($name$@twins@.sensor_observations$name$);
  INSERT INTO twinmill.created_objects (origin, object_type, schema_name, table_name)
  VALUES ('sensor', 'table', schema_name, 'sensor_observations');
  -- The roles of roles.sql, where there are any: the table may be newer than they are.
  IF to_regrole('twinmill_worker') IS NOT NULL THEN
    GRANT SELECT ON @twins@.sensor_observations TO twinmill_worker;
  END IF;
  IF to_regrole('twinmill_read') IS NOT NULL THEN
    GRANT SELECT ON @twins@.sensor_observations TO twinmill_read;
  END IF;
  PERFORM twinmill.track_changes($name$@twins@.sensor_observations$name$, 'sensor');
  -- Roles that may read the twins may read their observations: above all the worker's role.
  FOR reader IN
    SELECT CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE granted.grantee::regrole::text END
    FROM pg_class c
    CROSS JOIN LATERAL aclexplode(c.relacl) AS granted
    WHERE c.oid = $name$@twins@.user_digital_twins$name$::regclass
      AND granted.privilege_type = 'SELECT'
      AND granted.grantee <> c.relowner
  LOOP
    EXECUTE format('GRANT SELECT ON %I.sensor_observations TO %s', schema_name, reader);
  END LOOP;
END
$do$;
