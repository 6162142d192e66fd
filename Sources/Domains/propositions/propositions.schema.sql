-- Purpose: the six tables of the propositions domain where they are missing, and dirty tracking, on request; types as
--   the application has them, except that nothing refers to a table that may be another's. users.time_zone (an IANA
--   name; also timezone) is read where it is there. Features' definitions and the models' figures mark nobody: new
--   values of features do, and what a model changes shows in interactions.
-- Index relied on: (user_id, timestamp) on interactions and user_features; interactions (proposition_id) for the marks.
-- Locks: SHARE ROW EXCLUSIVE on each table while its triggers are created, SHARE while a missing index is built.
--   Recorded in twinmill.created_objects for migrate down.
DO $do$
DECLARE
  place text := (parse_ident($name$@domain@$name$))[1];
BEGIN
  LOCK TABLE twinmill.created_objects IN SHARE ROW EXCLUSIVE MODE;
  PERFORM twinmill.add_domain_table('propositions', place, 'users', $t$
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    username varchar(255) NOT NULL UNIQUE,
    email varchar(255) NOT NULL UNIQUE,
    is_active boolean NOT NULL DEFAULT true,
    deactivated_at timestamptz,
    time_zone text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_table('propositions', place, 'propositions', $t$
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    type varchar(64) NOT NULL,
    status varchar(64) NOT NULL,
    confidence_score double precision,
    feature_importance jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_table('propositions', place, 'interactions', $t$
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    proposition_id uuid,
    interaction_type varchar(64) NOT NULL,
    timestamp timestamptz NOT NULL,
    metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_table('propositions', place, 'features', $t$
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(255) NOT NULL UNIQUE,
    definition jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_table('propositions', place, 'user_features', $t$
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    feature_id uuid NOT NULL,
    value jsonb,
    timestamp timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_table('propositions', place, 'model_performance', $t$
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    model_name varchar(255) NOT NULL,
    model_version varchar(64) NOT NULL,
    metric_name varchar(255),
    metric_value double precision,
    evaluated_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now() $t$);
  PERFORM twinmill.add_domain_index('propositions', $name$@domain@.interactions$name$, '{user_id,timestamp}');
  PERFORM twinmill.add_domain_index('propositions', $name$@domain@.interactions$name$, '{proposition_id}');
  PERFORM twinmill.add_domain_index('propositions', $name$@domain@.user_features$name$, '{user_id,timestamp}');
  PERFORM twinmill.register_new_subjects($name$@domain@.users$name$, 'propositions', 'id');
  PERFORM twinmill.track_subjects($name$@domain@.users$name$, 'propositions', 'id');
  PERFORM twinmill.track_subjects(
    $name$@domain@.propositions$name$, 'propositions', 'id', 'interactions', 'proposition_id', 'user_id');
  PERFORM twinmill.track_subjects($name$@domain@.interactions$name$, 'propositions', 'user_id');
  PERFORM twinmill.track_subjects($name$@domain@.user_features$name$, 'propositions', 'user_id');
END
$do$;
