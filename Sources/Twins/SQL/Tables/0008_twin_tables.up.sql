-- Purpose: the eight twin tables where they are missing; where an application owns them, two nullable columns.
--   Everything created or added is written to twinmill.created_objects, so that `down` removes exactly that.
--   @twins@ is the quoted name of the schema that the setting twins_schema names (default public).
-- Differences from an application's own tables when we create them: user_digital_twins.user_id is nullable and has
--   no foreign key (there is no users table), product_effects.product_id has no foreign key (no products table).
-- Index relied on: none. Expected rows: none.
-- Locks: ACCESS EXCLUSIVE on user_digital_twins while the nullable columns are added (instant), SHARE while the
--   unique index is built.
CREATE TABLE twinmill.created_objects (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  origin text NOT NULL,
  object_type text NOT NULL CHECK (object_type IN ('schema', 'table', 'column', 'index', 'trigger')),
  schema_name text NOT NULL,
  table_name text,
  object_name text,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE twinmill.created_objects IS
  'Objects that Twinmill created or added outside its own schema (origin: migration number or domain name); migrate down removes exactly these objects, newest first.';

DO $do$
DECLARE
  twins_schema text := (parse_ident($name$@twins@$name$))[1];
  spec record;
  missing text;
BEGIN
  IF to_regnamespace($name$@twins@$name$) IS NULL THEN
    CREATE SCHEMA @twins@;
    INSERT INTO twinmill.created_objects (origin, object_type, schema_name) VALUES ('0008', 'schema', twins_schema);
  END IF;

  FOR spec IN
    SELECT *
    FROM (VALUES
      ('user_digital_twins', $t$
        id uuid PRIMARY KEY,
        user_id integer,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        status varchar(32) NOT NULL DEFAULT 'active',
        skin_type varchar(64),
        concerns json,
        goals json,
        metadata json $t$, '{user_id,status}'::text[]),
      ('twin_snapshots', $t$
        id uuid PRIMARY KEY,
        twin_id uuid NOT NULL REFERENCES @twins@.user_digital_twins (id) ON DELETE CASCADE,
        snapshot_date timestamptz NOT NULL,
        skin_metrics json,
        product_usage json,
        environmental_factors json,
        lifestyle_data json,
        metadata json $t$, '{twin_id,snapshot_date}'),
      ('twin_timeline_points', $t$
        id uuid PRIMARY KEY,
        twin_id uuid NOT NULL REFERENCES @twins@.user_digital_twins (id) ON DELETE CASCADE,
        "timestamp" timestamptz NOT NULL,
        event_type varchar(64) NOT NULL,
        skin_score double precision,
        change_vector json,
        context json,
        metadata json $t$, '{twin_id,timestamp,event_type}'),
      ('twin_predictions', $t$
        id uuid PRIMARY KEY,
        twin_id uuid NOT NULL REFERENCES @twins@.user_digital_twins (id) ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now(),
        prediction_date timestamptz NOT NULL,
        predicted_state json,
        confidence_score double precision,
        factors json,
        recommendations json,
        metadata json $t$, '{twin_id,created_at,prediction_date}'),
      ('twin_recommendations', $t$
        id uuid PRIMARY KEY,
        twin_id uuid NOT NULL REFERENCES @twins@.user_digital_twins (id) ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now(),
        recommendation_type varchar(64) NOT NULL,
        priority integer,
        title varchar(255) NOT NULL,
        description text,
        products json,
        actions json,
        expected_impact json,
        metadata json $t$, '{twin_id,created_at,priority}'),
      ('product_effects', $t$
        id uuid PRIMARY KEY,
        product_id uuid NOT NULL,
        twin_id uuid NOT NULL REFERENCES @twins@.user_digital_twins (id) ON DELETE CASCADE,
        start_date timestamptz,
        end_date timestamptz,
        observed_effects json,
        side_effects json,
        effectiveness_score double precision,
        metadata json $t$, '{product_id,twin_id,start_date}'),
      ('twin_correlations', $t$
        id uuid PRIMARY KEY,
        twin_id uuid NOT NULL REFERENCES @twins@.user_digital_twins (id) ON DELETE CASCADE,
        factor_type varchar(64) NOT NULL,
        factor_value varchar(255),
        correlation_strength double precision,
        observations json,
        metadata json $t$, '{twin_id,factor_type}'),
      ('twin_insights', $t$
        id uuid PRIMARY KEY,
        twin_id uuid NOT NULL REFERENCES @twins@.user_digital_twins (id) ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now(),
        insight_type varchar(64) NOT NULL,
        severity varchar(32),
        title varchar(255) NOT NULL,
        description text,
        data_points json,
        confidence double precision,
        action_items json,
        metadata json $t$, '{twin_id,created_at,insight_type}')
    ) AS t (name, columns, indexed)
  LOOP
    CONTINUE WHEN to_regclass(format('%I.%I', twins_schema, spec.name)) IS NOT NULL;
    EXECUTE format('CREATE TABLE %I.%I (%s)', twins_schema, spec.name, spec.columns);
    EXECUTE format(
      'COMMENT ON TABLE %I.%I IS %L', twins_schema, spec.name, 'Twin data, created by Twinmill (twinmill.created_objects).');
    INSERT INTO twinmill.created_objects (origin, object_type, schema_name, table_name)
    VALUES ('0008', 'table', twins_schema, spec.name);
    -- The indexes go with their table, so they need no record of their own.
    FOR i IN 1 .. cardinality(spec.indexed) LOOP
      EXECUTE format(
        'CREATE INDEX %I ON %I.%I (%I)',
        format('ix_%s_%s', spec.name, spec.indexed[i]), twins_schema, spec.name, spec.indexed[i]);
    END LOOP;
  END LOOP;

  -- An application's tables must have what we read and write; better refused here than failing in a job.
  SELECT string_agg(format('%s.%s %s', need.t, need.c, need.type), ', ')
  INTO missing
  FROM (VALUES
    ('user_digital_twins', 'id', 'uuid'), ('twin_snapshots', 'twin_id', 'uuid'),
    ('twin_snapshots', 'snapshot_date', 'timestamp with time zone'), ('twin_snapshots', 'skin_metrics', 'json'),
    ('twin_snapshots', 'product_usage', 'json'), ('twin_snapshots', 'environmental_factors', 'json'),
    ('twin_snapshots', 'lifestyle_data', 'json'), ('twin_predictions', 'id', 'uuid'),
    ('twin_predictions', 'twin_id', 'uuid'), ('twin_predictions', 'created_at', 'timestamp with time zone'),
    ('twin_predictions', 'prediction_date', 'timestamp with time zone'),
    ('twin_predictions', 'predicted_state', 'json'), ('twin_predictions', 'confidence_score', 'double precision'),
    ('twin_predictions', 'factors', 'json'), ('twin_predictions', 'metadata', 'json'),
    ('product_effects', 'id', 'uuid'), ('product_effects', 'twin_id', 'uuid'),
    ('product_effects', 'product_id', 'uuid'),
    ('product_effects', 'start_date', 'timestamp with time zone'),
    ('product_effects', 'end_date', 'timestamp with time zone'),
    ('product_effects', 'observed_effects', 'json'), ('product_effects', 'side_effects', 'json'),
    ('product_effects', 'effectiveness_score', 'double precision'), ('product_effects', 'metadata', 'json'),
    ('twin_correlations', 'id', 'uuid'), ('twin_correlations', 'twin_id', 'uuid'),
    ('twin_correlations', 'correlation_strength', 'double precision'), ('twin_correlations', 'observations', 'json'),
    ('twin_correlations', 'metadata', 'json')
  ) AS need (t, c, type)
  WHERE NOT EXISTS (
    SELECT
    FROM pg_attribute a
    WHERE a.attrelid = to_regclass(format('%I.%I', twins_schema, need.t))
      AND a.attname = need.c
      AND NOT a.attisdropped
      AND format_type(a.atttypid, NULL) IN (need.type, CASE need.type WHEN 'json' THEN 'jsonb' END)
  );
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'tables of schema % lack columns that Twinmill needs: %', twins_schema, missing
      USING ERRCODE = 'undefined_column',
        HINT = 'Bring the application''s tables up to its own latest migration, or set twins_schema to another schema.';
  END IF;

  FOR spec IN SELECT * FROM unnest('{domain,subject}'::text[]) AS t (name) LOOP
    CONTINUE WHEN EXISTS (
      SELECT
      FROM pg_attribute
      WHERE attrelid = to_regclass(format('%I.user_digital_twins', twins_schema))
        AND attname = spec.name
        AND NOT attisdropped
    );
    EXECUTE format('ALTER TABLE %I.user_digital_twins ADD COLUMN %I text', twins_schema, spec.name);
    INSERT INTO twinmill.created_objects (origin, object_type, schema_name, table_name, object_name)
    VALUES ('0008', 'column', twins_schema, 'user_digital_twins', spec.name);
  END LOOP;

  -- Twins that are not tied to a subject have NULLs here, which never collide.
  IF to_regclass(format('%I.twinmill_twins_domain_subject', twins_schema)) IS NULL THEN
    CREATE UNIQUE INDEX twinmill_twins_domain_subject ON @twins@.user_digital_twins (domain, subject);
    INSERT INTO twinmill.created_objects (origin, object_type, schema_name, table_name, object_name)
    VALUES ('0008', 'index', twins_schema, 'user_digital_twins', 'twinmill_twins_domain_subject');
  END IF;
END
$do$;
