import Domains
import FoundationEssentials
import Postgres
import Queue
import TestServer
import Testing
import Twins

@Suite("Migrations of the twin tables")
struct MigrationTests {
  private static let firstTwin = "00000000-0000-0000-0000-000000000001"

  @Test("up, down and up again leave an empty database as it was, then as it is to be")
  func empty() async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    let migrator = Migrator(TwinsDatabase.modules)
    _ = try await migrator.up(connection)
    let shape = try await TwinsDatabase.shape(connection)
    #expect(shape.contains { $0.hasPrefix("public.twin_insights column action_items json null") })
    #expect(shape.contains("public.user_digital_twins column user_id integer null"))
    _ = try await migrator.down(connection, to: 0)
    #expect(try await TwinsDatabase.shape(connection) == [])
    _ = try await migrator.up(connection)
    #expect(try await TwinsDatabase.shape(connection) == shape)
  }

  @Test("down takes twins, observations and results with it when the tables are ours")
  func loaded() async throws {
    let database = try await TwinsDatabase.create()
    let connection = try await database.connect()
    let catalog = try Domains.catalog()
    for domain in catalog.domains {
      try await catalog.createTables(of: domain, on: connection)
      try await catalog.createTables(of: domain, on: connection)
    }
    let sensor: UUID = try await connection.value("SELECT twinmill.twin('sensor', 'boiler')")
    _ = try await connection.query("INSERT INTO sensor_observations VALUES (\(sensor), 'heat', now(), 1)")
    _ = try await connection.skincareTwin("1", snapshots: [#"{"texture_score": 1}"#])
    let migrator = Migrator(TwinsDatabase.modules)
    _ = try await migrator.down(connection, to: 0)
    #expect(try await TwinsDatabase.shape(connection) == [])
    _ = try await migrator.up(connection)
    #expect(try await connection.value("SELECT count(*) FROM user_digital_twins") == Int64(0))
  }

  @Test(
    "where an application owns the tables only two nullable columns, an index and triggers are added, and down removes just those"
  )
  func applicationOwned() async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    try await connection.script(TwinsDatabase.application)
    let before = try await TwinsDatabase.shape(connection)
    let migrator = Migrator(TwinsDatabase.modules)
    _ = try await migrator.up(connection)
    let added = Set(try await TwinsDatabase.shape(connection)).subtracting(before).filter { !$0.contains(" trigger ") }
    #expect(
      added == [
        "public.user_digital_twins column domain text null", "public.user_digital_twins column subject text null",
        "public.user_digital_twins index CREATE UNIQUE INDEX twinmill_twins_domain_subject ON "
          + "public.user_digital_twins USING btree (domain, subject)",
      ])
    #expect(Set(before).subtracting(try await TwinsDatabase.shape(connection)) == [])

    _ = try await migrator.down(connection, to: 0)
    #expect(try await TwinsDatabase.shape(connection) == before)
    #expect(
      try await connection.value("SELECT count(*) FROM user_digital_twins WHERE metadata IS NOT NULL") == Int64(1))
    #expect(try await connection.value("SELECT count(*) FROM twin_snapshots") == Int64(1))
    _ = try await migrator.up(connection)
  }

  @Test("a column called domain that the application had before survives down with its data")
  func preexistingColumn() async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    try await connection.script(
      TwinsDatabase.application
        + "ALTER TABLE user_digital_twins ADD COLUMN domain text; UPDATE user_digital_twins SET domain = 'theirs';")
    let before = try await TwinsDatabase.shape(connection)
    let migrator = Migrator(TwinsDatabase.modules)
    _ = try await migrator.up(connection)
    _ = try await migrator.down(connection, to: 0)
    #expect(try await TwinsDatabase.shape(connection) == before)
    #expect(try await connection.value("SELECT count(*) FROM user_digital_twins WHERE domain = 'theirs'") == Int64(3))
  }

  @Test("an application that owns some of the tables gets the others")
  func partlyOwned() async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    try await connection.script(TwinsDatabase.application + "DROP TABLE twin_predictions, twin_insights;")
    let before = try await TwinsDatabase.shape(connection)
    let migrator = Migrator(TwinsDatabase.modules)
    _ = try await migrator.up(connection)
    #expect(try await connection.value("SELECT count(*) FROM twin_predictions") == Int64(0))
    _ = try await migrator.down(connection, to: 0)
    #expect(try await TwinsDatabase.shape(connection) == before)
  }

  @Test("an application's table without a column that we need is refused by name")
  func incompatible() async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    try await connection.script(TwinsDatabase.application + "ALTER TABLE twin_snapshots DROP COLUMN skin_metrics;")
    let error = await #expect(throws: PostgresError.self) {
      _ = try await Migrator(TwinsDatabase.modules).up(connection)
    }
    #expect(error?.message.contains("twin_snapshots.skin_metrics") == true)
    #expect(error?.hint != nil)
  }

  @Test("the tables can live in any schema, also one whose name must be quoted")
  func otherSchema() async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    let schema = #"We"ir'd"#
    let migrator = Migrator(TwinsDatabase.modules, twinsSchema: schema)
    _ = try await migrator.up(connection)
    let shape = try await TwinsDatabase.shape(connection)
    #expect(!shape.isEmpty && shape.allSatisfy { $0.hasPrefix(schema + ".") })
    let catalog = try Domains.catalog(twinsSchema: schema)
    for domain in catalog.domains { try await catalog.createTables(of: domain, on: connection) }
    let twin: UUID = try await connection.value("SELECT twinmill.twin('sensor', 'a')")
    #expect(try await connection.value("SELECT twinmill.twin_exists(\(twin))") == true)
    let histories = try await HistoryReader(catalog).histories(of: [twin], kind: "prediction", on: connection)
    #expect(histories[twin]?.hasTables == true)
    _ = try await migrator.down(connection, to: 0)
    #expect(try await TwinsDatabase.shape(connection) == [])
    #expect(try await connection.value("SELECT count(*) FROM pg_namespace WHERE nspname = \(schema)") == Int64(0))
  }

  @Test("what somebody built on our tables is never dropped with them")
  func dependents() async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    let migrator = Migrator(TwinsDatabase.modules)
    _ = try await migrator.up(connection)
    try await connection.script("CREATE VIEW theirs AS SELECT twin_id FROM public.twin_insights")
    let error = await #expect(throws: PostgresError.self) { _ = try await migrator.down(connection, to: 0) }
    #expect(error?.sqlstate == "2BP01")
    #expect(try await connection.value("SELECT count(*) FROM theirs") == Int64(0))
  }
}
