import Domains
import FoundationEssentials
import Postgres
import Queue
import ReadModels
import TestServer
import Testing
import Twins

@Suite("Tables of domains")
struct DomainTablesTests {
  /// Reactors, telemetry and faults as an application has them, in a schema of its own.
  private static let plant = """
    CREATE SCHEMA plant;
    CREATE TYPE plant.reactor_type AS ENUM ('CANDU', 'SMR', 'PWR', 'BWR');
    CREATE TYPE plant.severity AS ENUM ('yellow', 'red');
    CREATE TABLE plant.reactors (id serial PRIMARY KEY, name varchar(255) NOT NULL UNIQUE,
      type plant.reactor_type NOT NULL, health_score float DEFAULT 100);
    CREATE TABLE plant.telemetry (id serial PRIMARY KEY,
      reactor_id integer NOT NULL REFERENCES plant.reactors ON DELETE CASCADE, timestamp timestamptz NOT NULL,
      neutron_flux float, core_temperature float, pressure float, vibration float, tritium_level float);
    CREATE INDEX ix_telemetry ON plant.telemetry (reactor_id, timestamp);
    CREATE TABLE plant.faults (id serial PRIMARY KEY, reactor_id integer NOT NULL REFERENCES plant.reactors,
      fault_type varchar(255) NOT NULL, severity plant.severity NOT NULL, timestamp timestamptz NOT NULL,
      resolved bool DEFAULT false, resolved_at timestamptz);
    INSERT INTO plant.reactors (name, type) VALUES ('one', 'CANDU'), ('two', 'SMR');
    INSERT INTO plant.telemetry (reactor_id, timestamp, pressure) VALUES (1, '2024-01-01', 12);
    """

  @Test("an application's tables keep their shape: only triggers and missing indexes are added, and down removes them")
  func applicationOwned() async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    try await connection.script(Self.plant)
    let before = try await TwinsDatabase.shape(connection)
    let migrator = Migrator(TwinsDatabase.modules)
    _ = try await migrator.up(connection)
    let catalog = try Domains.catalog(domainSchemas: ["reactor": "plant"])
    let domain = try #require(catalog["reactor"])
    for _ in 0..<2 { try await catalog.createTables(of: domain, on: connection) }
    #expect(try await catalog.registerTwins(of: domain, on: connection) == 2)
    #expect(try await catalog.countTwins(on: connection) == ["reactor": 2])
    let added = Set(try await TwinsDatabase.shape(connection).filter { $0.hasPrefix("plant.") }).subtracting(before)
    #expect(
      added.filter { !$0.contains(" trigger twinmill_") } == [
        "plant.faults index CREATE INDEX twinmill_faults_reactor_id_timestamp ON plant.faults USING btree "
          + "(reactor_id, \"timestamp\")"
      ])
    #expect(added.count == 10)
    let twin: UUID = try await connection.value("SELECT twinmill.twin('reactor', '1')")
    let history = try await HistoryReader(catalog).histories(of: [twin], kind: "prediction", on: connection)[twin]
    #expect(history?.values("pressure") == [12])

    _ = try await migrator.down(connection, to: 0)
    #expect(try await TwinsDatabase.shape(connection) == before)
    #expect(try await connection.value("SELECT count(*) FROM plant.telemetry") == Int64(1))
  }

  @Test(
    "what is missing is created beside what is there; down takes triggers back before tables, and only what was created"
  )
  func partly() async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    try await connection.script(Self.plant + "DROP TABLE plant.faults; DROP TYPE plant.severity;")
    let before = try await TwinsDatabase.shape(connection)
    let migrator = Migrator(TwinsDatabase.modules)
    _ = try await migrator.up(connection)
    let catalog = try Domains.catalog(domainSchemas: ["reactor": "plant"])
    let twin: UUID = try await connection.value("SELECT twinmill.twin('reactor', '1')")
    let reader = HistoryReader(catalog)
    #expect(try await reader.histories(of: [twin], kind: "prediction", on: connection)[twin]?.hasTables == false)
    for name in ["reactor", "sensor", "goals"] {
      try await catalog.createTables(of: try #require(catalog[name]), on: connection)
    }
    #expect(try await reader.histories(of: [twin], kind: "prediction", on: connection)[twin]?.hasTables == true)
    let created = try await TwinsDatabase.shape(connection)
    _ = try await migrator.down(connection, to: 11)
    let left = try await TwinsDatabase.shape(connection)
    #expect(!created.filter { $0.contains(" trigger ") }.isEmpty)
    #expect(left == created.filter { !$0.contains(" trigger ") })
    #expect(left.contains { $0.hasPrefix("plant.faults") } && left.contains { $0.hasPrefix("goals.") })
    _ = try await migrator.down(connection, to: 0)
    #expect(try await TwinsDatabase.shape(connection) == before)
  }

  @Test("tables of the same names that belong to something else are refused, and nothing is created")
  func foreign() async throws {
    let database = try await TwinsDatabase.create()
    let connection = try await database.connect()
    try await connection.script("CREATE TABLE users (id serial PRIMARY KEY, email text)")
    let before = try await TwinsDatabase.shape(connection)
    let catalog = try Domains.catalog(domainSchemas: ["tasks": "public"])
    let error = await #expect(throws: PostgresError.self) {
      try await catalog.createTables(of: try #require(catalog["tasks"]), on: connection)
    }
    #expect(error?.sqlstate == "42703" && error?.message.contains("users.user_id") == true)
    #expect(error?.hint?.contains("TWINMILL_DOMAIN_SCHEMAS=tasks=SCHEMA") == true)
    #expect(try await TwinsDatabase.shape(connection) == before)
  }

  @Test("a table that loses a column, or a schema that is closed, is one domain's trouble only")
  func trouble() async throws {
    let test = try await DomainDatabase.create()
    try await test.connection.script(
      """
      INSERT INTO tasks.users (user_id) VALUES ('ann');
      INSERT INTO tasks.tasks (user_id, title, created_at) VALUES ('ann', 't', '2024-01-01');
      INSERT INTO reactors (name, type) VALUES ('one', 'SMR');
      INSERT INTO telemetry (reactor_id, timestamp, pressure) VALUES (1, '2024-01-01', 12)
      """)
    let twins = [try await test.twin("tasks", "ann"), try await test.twin("reactor", "1")]
    let reader = HistoryReader(test.catalog)
    func read() async throws -> [Bool] {
      let histories = try await reader.histories(of: twins, kind: "prediction", on: test.connection)
      return twins.map { histories[$0]?.hasTables == true && histories[$0]?.observations.isEmpty == false }
    }
    #expect(try await read() == [true, true])
    try await test.connection.script("ALTER TABLE tasks.tasks RENAME COLUMN completed TO done")
    await #expect(throws: PostgresError.self) { _ = try await read() }
    #expect(try await read() == [false, true])
    try await test.connection.script("ALTER TABLE tasks.tasks RENAME COLUMN done TO completed")
    #expect(try await read() == [true, true])

    try await test.connection.script(
      "ALTER TABLE tasks.tasks RENAME COLUMN user_id TO theirs; ALTER TABLE tasks.tasks ADD COLUMN user_id integer")
    for _ in 0..<2 { await #expect(throws: PostgresError.self) { _ = try await read() } }
    #expect(try await read() == [false, true])
    try await test.connection.script(
      "ALTER TABLE tasks.tasks DROP COLUMN user_id; ALTER TABLE tasks.tasks RENAME COLUMN theirs TO user_id")
    #expect(try await read() == [false, true])

    let role = "worker_\(UUID().uuidString.lowercased().prefix(8))"
    try await test.connection.script(
      """
      CREATE ROLE \(role);
      GRANT USAGE ON SCHEMA twinmill TO \(role);
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA twinmill TO \(role);
      GRANT SELECT ON twinmill.results, user_digital_twins, twin_snapshots, product_effects, telemetry, reactors, faults
        TO \(role);
      GRANT SELECT ON ALL TABLES IN SCHEMA tasks TO \(role);
      SET ROLE \(role)
      """)
    let stranger = HistoryReader(test.catalog)
    let histories = try await stranger.histories(of: twins, kind: "prediction", on: test.connection)
    #expect(twins.map { histories[$0]?.hasTables } == [false, true])
    try await test.connection.script("RESET ROLE; DROP OWNED BY \(role); DROP ROLE \(role)")
  }

  @Test("an application's INSERT never fails because its subject can have no twin")
  func noTwin() async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    try await connection.script(TwinsDatabase.application)
    _ = try await Migrator(TwinsDatabase.modules).up(connection)
    let catalog = try Domains.catalog()
    let domain = try #require(catalog["reactor"])
    try await catalog.createTables(of: domain, on: connection)
    try await connection.script("INSERT INTO reactors (name, type) VALUES ('one', 'SMR')")
    #expect(try await connection.value("SELECT count(*) FROM reactors") == Int64(1))
    let error = await #expect(throws: PostgresError.self) {
      _ = try await catalog.registerTwins(of: domain, on: connection)
    }
    #expect(error?.message.contains("requires a column that Twinmill cannot fill") == true && error?.hint != nil)
  }

  @Test("statements on histories of years read them by their indexes")
  func plans() async throws {
    let test = try await DomainDatabase.create()
    try await test.connection.script(
      """
      INSERT INTO reactors (name, type) SELECT n, 'SMR' FROM generate_series(1, 20) n;
      INSERT INTO telemetry (reactor_id, timestamp, pressure)
        SELECT r, '2024-01-01'::timestamptz + n * interval '1 min', n FROM generate_series(1, 20) r, generate_series(1, 3000) n;
      INSERT INTO tasks.users (user_id) SELECT n FROM generate_series(1, 300) n;
      INSERT INTO tasks.tasks (user_id, title, created_at) SELECT n % 300, 't', now() - n * interval '1 min' FROM generate_series(1, 30000) n;
      INSERT INTO tasks.messages (user_id, conversation_id, role, content, created_at)
        SELECT n % 300, n, 'user', '', now() - n * interval '1 min' FROM generate_series(1, 30000) n;
      INSERT INTO goals.users (id) SELECT gen_random_uuid() FROM generate_series(1, 300);
      INSERT INTO goals.goals (user_id, title) SELECT id, 'g' FROM goals.users;
      INSERT INTO goals.checkins (goal_id, user_id, completed, timestamp)
        SELECT g.id, g.user_id, true, now() - n * interval '1 day' FROM goals.goals g, generate_series(1, 100) n;
      INSERT INTO propositions.users (username, email) SELECT n, n FROM generate_series(1, 300) n;
      INSERT INTO propositions.interactions (user_id, interaction_type, timestamp)
        SELECT id, 'view', now() - n * interval '1 day' FROM propositions.users, generate_series(1, 100) n;
      ANALYZE
      """)
    for (name, tables) in [
      "reactor": ["telemetry"], "tasks": ["tasks", "messages"], "goals": ["checkins"], "propositions": ["interactions"],
    ] {
      let domain = try #require(test.catalog[name])
      let twins: [UUID] = try await test.connection.query(
        "SELECT id FROM user_digital_twins WHERE domain = \(name) LIMIT 8"
      ).map { try $0.decode(UUID.self) }
      let ids = twins.map { "\"\($0.uuidString)\"" }.joined(separator: ",")
      try await test.connection.script(
        """
        SET plan_cache_mode = force_generic_plan;
        PREPARE asked (uuid[], timestamptz, timestamptz, integer) AS \(domain.observations.text)
        """)
      let plan = try await test.connection.query(
        SQL(stringLiteral: "EXPLAIN EXECUTE asked ('{\(ids)}', NULL, NULL, \(domain.historyPoints))")
      ).map { try $0.decode(String.self) }.joined(separator: "\n")
      for table in tables { #expect(!plan.contains("Seq Scan on \(table) "), "\(plan)") }
      try await test.connection.script("DEALLOCATE asked")
    }
  }
}
