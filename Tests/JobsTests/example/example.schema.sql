-- Purpose: the table that the example domain reads where it is missing, and dirty tracking on it, on request.
-- Index relied on: (greenhouse, measured_at). Locks: SHARE ROW EXCLUSIVE on the table while its triggers are created,
--   SHARE while a missing index is built. Recorded in twinmill.created_objects for migrate down.
DO $do$
DECLARE
  place text := (parse_ident($name$@domain@$name$))[1];
BEGIN
  LOCK TABLE twinmill.created_objects IN SHARE ROW EXCLUSIVE MODE;
  PERFORM twinmill.add_domain_table('example', place, 'example_readings', $t$
    greenhouse text NOT NULL,
    measured_at timestamptz NOT NULL,
    temperature double precision,
    ventilation double precision $t$);
  PERFORM twinmill.add_domain_index(
    'example', $name$@domain@.example_readings$name$, '{greenhouse,measured_at}');
  PERFORM twinmill.register_new_subjects($name$@domain@.example_readings$name$, 'example', 'greenhouse');
  PERFORM twinmill.track_subjects($name$@domain@.example_readings$name$, 'example', 'greenhouse');
END
$do$;
