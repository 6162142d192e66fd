-- Purpose: the reactor domain's tables where they are missing, and dirty tracking on them, on request; types as the
--   application has them, except that enumerations are text and nothing refers to a table that may be another's.
-- Index relied on: (reactor_id, timestamp) on telemetry and on faults: a reactor's newest rows without a sort.
-- Locks: SHARE ROW EXCLUSIVE on each table while its triggers are created, SHARE while a missing index is built.
--   Recorded in twinmill.created_objects for migrate down.
DO $do$
DECLARE
  place text := (parse_ident($name$@domain@$name$))[1];
BEGIN
  LOCK TABLE twinmill.created_objects IN SHARE ROW EXCLUSIVE MODE;
  PERFORM twinmill.add_domain_table('reactor', place, 'reactors', $t$
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL UNIQUE,
    type varchar(32) NOT NULL,
    latitude double precision,
    longitude double precision,
    status varchar(32) NOT NULL DEFAULT 'healthy',
    health_score double precision DEFAULT 100 CHECK (health_score BETWEEN 0 AND 100),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_table('reactor', place, 'telemetry', $t$
    id bigserial PRIMARY KEY,
    reactor_id integer NOT NULL,
    timestamp timestamptz NOT NULL,
    neutron_flux double precision,
    core_temperature double precision,
    pressure double precision,
    vibration double precision,
    tritium_level double precision,
    created_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_table('reactor', place, 'faults', $t$
    id bigserial PRIMARY KEY,
    reactor_id integer NOT NULL,
    fault_type varchar(255) NOT NULL,
    severity varchar(32) NOT NULL,
    description text,
    timestamp timestamptz NOT NULL,
    resolved boolean DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz $t$);
  PERFORM twinmill.add_domain_index('reactor', $name$@domain@.telemetry$name$, '{reactor_id,timestamp}');
  PERFORM twinmill.add_domain_index('reactor', $name$@domain@.faults$name$, '{reactor_id,timestamp}');
  PERFORM twinmill.register_new_subjects($name$@domain@.reactors$name$, 'reactor', 'id');
  PERFORM twinmill.track_subjects($name$@domain@.telemetry$name$, 'reactor', 'reactor_id');
  PERFORM twinmill.track_subjects($name$@domain@.faults$name$, 'reactor', 'reactor_id');
END
$do$;
