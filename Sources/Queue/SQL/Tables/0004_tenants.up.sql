-- Worker-seconds by tenant, of the recent past, which fair shares are measured by. They halve in a minute.
CREATE TABLE twinmill.tenants (
  tenant      text COLLATE "C" PRIMARY KEY,
  weight      double precision NOT NULL DEFAULT 1 CHECK (weight > 0),
  seconds     double precision NOT NULL DEFAULT 0,
  seconds_at  timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
COMMENT ON TABLE twinmill.tenants IS 'Tenants, their weight and their recent worker-seconds';
COMMENT ON COLUMN twinmill.tenants.seconds IS 'Worker-seconds used as of seconds_at; halves with each minute since';
