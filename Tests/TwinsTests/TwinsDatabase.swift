import Domains
import FoundationEssentials
import Postgres
import Queue
import TestServer
import Twins

/// Databases with the queue's and the twins' migrations, and the kinds that the tests need registered.
enum TwinsDatabase {
  static let modules: [SchemaModule] = [.queue, .twins]

  static let kinds = [
    KindDefinition(
      name: "prediction", summary: "test", argumentsSchema: #"{"type": "object"}"#, needsTwin: true,
      recomputesOnChange: true),
    KindDefinition(
      name: "insight", summary: "test", argumentsSchema: #"{"type": "object"}"#, needsTwin: true,
      recomputesOnChange: true),
    KindDefinition(name: "sweep", summary: "test", argumentsSchema: #"{"type": "object"}"#),
  ]

  /// Migrated, domains registered, twin tables in `public`.
  static func create() async throws -> TestDatabase {
    try await TestDatabase.create(from: "twins") { connection in
      _ = try await Migrator(modules).up(connection)
      try await JobQueue.register(kinds: kinds, on: connection)
      try await Domains.catalog().register(on: connection)
    }
  }

  /// Tables as an application with its own migrations has them: users and products, user_id NOT NULL.
  static let application = """
    CREATE TABLE users (id serial PRIMARY KEY, email varchar(255) NOT NULL);
    CREATE TABLE products (id uuid PRIMARY KEY, name varchar(255));
    CREATE TABLE user_digital_twins (id uuid NOT NULL PRIMARY KEY,
      user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE, created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(), status varchar(32) NOT NULL DEFAULT 'active',
      skin_type varchar(64), concerns json, goals json, metadata json);
    CREATE INDEX ix_user_digital_twins_user_id ON user_digital_twins (user_id);
    CREATE INDEX ix_user_digital_twins_status ON user_digital_twins (status);
    CREATE TABLE twin_snapshots (id uuid NOT NULL PRIMARY KEY,
      twin_id uuid NOT NULL REFERENCES user_digital_twins (id) ON DELETE CASCADE, snapshot_date timestamptz NOT NULL,
      skin_metrics json, product_usage json, environmental_factors json, lifestyle_data json, metadata json);
    CREATE INDEX ix_twin_snapshots_twin_id ON twin_snapshots (twin_id);
    CREATE INDEX ix_twin_snapshots_snapshot_date ON twin_snapshots (snapshot_date);
    CREATE TABLE twin_timeline_points (id uuid NOT NULL PRIMARY KEY,
      twin_id uuid NOT NULL REFERENCES user_digital_twins (id) ON DELETE CASCADE, timestamp timestamptz NOT NULL,
      event_type varchar(64) NOT NULL, skin_score float, change_vector json, context json, metadata json);
    CREATE TABLE twin_predictions (id uuid NOT NULL PRIMARY KEY,
      twin_id uuid NOT NULL REFERENCES user_digital_twins (id) ON DELETE CASCADE,
      created_at timestamptz NOT NULL DEFAULT now(), prediction_date timestamptz NOT NULL, predicted_state json,
      confidence_score float, factors json, recommendations json, metadata json);
    CREATE INDEX ix_twin_predictions_twin_id ON twin_predictions (twin_id);
    CREATE TABLE twin_recommendations (id uuid NOT NULL PRIMARY KEY,
      twin_id uuid NOT NULL REFERENCES user_digital_twins (id) ON DELETE CASCADE,
      created_at timestamptz NOT NULL DEFAULT now(), recommendation_type varchar(64) NOT NULL, priority integer,
      title varchar(255) NOT NULL, description text, products json, actions json, expected_impact json, metadata json);
    CREATE TABLE product_effects (id uuid NOT NULL PRIMARY KEY,
      product_id uuid NOT NULL REFERENCES products (id) ON DELETE CASCADE,
      twin_id uuid NOT NULL REFERENCES user_digital_twins (id) ON DELETE CASCADE, start_date timestamptz,
      end_date timestamptz, observed_effects json, side_effects json, effectiveness_score float, metadata json);
    CREATE TABLE twin_correlations (id uuid NOT NULL PRIMARY KEY,
      twin_id uuid NOT NULL REFERENCES user_digital_twins (id) ON DELETE CASCADE, factor_type varchar(64) NOT NULL,
      factor_value varchar(255), correlation_strength float, observations json, metadata json);
    CREATE TABLE twin_insights (id uuid NOT NULL PRIMARY KEY,
      twin_id uuid NOT NULL REFERENCES user_digital_twins (id) ON DELETE CASCADE,
      created_at timestamptz NOT NULL DEFAULT now(), insight_type varchar(64) NOT NULL, severity varchar(32),
      title varchar(255) NOT NULL, description text, data_points json, confidence float, action_items json,
      metadata json);
    INSERT INTO users (email) VALUES ('a@example.org'), ('b@example.org');
    INSERT INTO products VALUES ('00000000-0000-0000-0000-0000000000aa', 'cream');
    INSERT INTO user_digital_twins (id, user_id, created_at, metadata) VALUES
      ('00000000-0000-0000-0000-000000000001', 1, '2024-01-01', '{"kept": true}'),
      ('00000000-0000-0000-0000-000000000002', 1, '2024-01-02', NULL),
      ('00000000-0000-0000-0000-000000000003', 2, '2024-01-03', NULL);
    INSERT INTO twin_snapshots (id, twin_id, snapshot_date, skin_metrics) VALUES
      (gen_random_uuid(), '00000000-0000-0000-0000-000000000001', '2024-01-05', '{"texture_score": 51}');
    """

  /// Columns, indexes, constraints and triggers outside of Twinmill's own schema, one line each, in order.
  static func shape(_ connection: Connection) async throws -> [String] {
    let rows = try await connection.query(
      """
      WITH mine AS (
        SELECT c.oid, n.nspname || '.' || c.relname AS name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'v') AND n.nspname !~ '^(pg_|information_schema|twinmill)'
      )
      SELECT line FROM (
        SELECT name || ' column ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' '
          || CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END
          || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') AS line
        FROM mine JOIN pg_attribute a ON a.attrelid = mine.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        UNION ALL
        SELECT name || ' index ' || pg_get_indexdef(i.indexrelid) FROM mine JOIN pg_index i ON i.indrelid = mine.oid
        UNION ALL
        SELECT name || ' constraint ' || pg_get_constraintdef(k.oid) FROM mine JOIN pg_constraint k ON k.conrelid = mine.oid
        UNION ALL
        SELECT name || ' trigger ' || t.tgname FROM mine JOIN pg_trigger t ON t.tgrelid = mine.oid AND NOT t.tgisinternal
      ) AS lines ORDER BY line COLLATE "C"
      """)
    return try rows.map { try $0.get("line", as: String.self) }
  }
}

extension Connection {
  /// The error of a statement that must fail.
  func refusal(_ sql: SQL) async throws -> PostgresError? {
    do {
      _ = try await query(sql)
      return nil
    } catch {
      return error
    }
  }

  /// A skincare twin with daily snapshots whose columns are given as JSON, from 2024-01-01 on.
  func skincareTwin(
    _ subject: String, snapshots: [String?], usage: [String?] = [], environment: [String?] = [],
    lifestyle: [String?] = []
  ) async throws -> UUID {
    let twin: UUID = try await value("SELECT twinmill.twin('skincare', \(subject))")
    let days = (0..<max(snapshots.count, usage.count, environment.count, lifestyle.count)).map { Int32($0) }
    _ = try await query(
      """
      INSERT INTO twin_snapshots
        (id, twin_id, snapshot_date, skin_metrics, product_usage, environmental_factors, lifestyle_data)
      SELECT gen_random_uuid(), \(twin), '2024-01-01 UTC'::timestamptz + n.day * interval '1 day', n.metrics::json,
        n.used::json, n.around::json, n.life::json
      FROM unnest(\(days), \(snapshots), \(usage), \(environment), \(lifestyle)) AS n (day, metrics, used, around, life)
      """)
    return twin
  }
}
