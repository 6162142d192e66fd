import Domains
import FoundationEssentials
import Postgres
import TestServer
import Testing
import Twins

@Suite("Dirty tracking")
struct TwinChangesTests {
  /// Marks as "source count", and clears them.
  private func marks(_ connection: Connection) async throws -> [String] {
    let lines = try await connection.query(
      """
      WITH taken AS (DELETE FROM twinmill.twin_changes RETURNING source, twin_id)
      SELECT source || ' ' || count(*) || ' of ' || count(DISTINCT twin_id) AS line FROM taken GROUP BY source ORDER BY 1
      """)
    return try lines.map { try $0.get("line", as: String.self) }
  }

  @Test("a statement leaves one mark per twin, whatever it does and however many rows it writes")
  func oneMarkPerStatement() async throws {
    let database = try await TwinsDatabase.create()
    let connection = try await database.connect()
    let first = try await connection.skincareTwin("1", snapshots: Array(repeating: "{}", count: 20))
    let second = try await connection.skincareTwin("2", snapshots: ["{}"])
    #expect(try await marks(connection) == ["twin_snapshots 2 of 2"])
    try await connection.script("UPDATE twin_snapshots SET metadata = '{}'")
    #expect(try await marks(connection) == ["twin_snapshots 2 of 2"])
    _ = try await connection.query("UPDATE twin_snapshots SET twin_id = \(first) WHERE twin_id = \(second)")
    #expect(try await marks(connection) == ["twin_snapshots 2 of 2"])
    try await connection.script("DELETE FROM twin_snapshots")
    #expect(try await marks(connection) == ["twin_snapshots 1 of 1"])
    try await connection.script("UPDATE twin_snapshots SET metadata = '{}'; DELETE FROM twin_snapshots;")
    #expect(try await marks(connection) == [])
    try await connection.script("TRUNCATE twin_snapshots")
    #expect(try await marks(connection) == ["twin_snapshots 2 of 2"])
  }

  @Test("writing a product's effect leaves no mark, changing its use does")
  func productEffects() async throws {
    let database = try await TwinsDatabase.create()
    let connection = try await database.connect()
    let twin: UUID = try await connection.value("SELECT twinmill.twin('skincare', '1')")
    _ = try await connection.query(
      "INSERT INTO product_effects (id, product_id, twin_id, start_date) VALUES (\(UUID()), \(UUID()), \(twin), now())")
    #expect(try await marks(connection) == ["product_effects 1 of 1"])
    try await connection.script("UPDATE product_effects SET effectiveness_score = 0.4, observed_effects = '{}'")
    #expect(try await marks(connection) == [])
    try await connection.script("UPDATE product_effects SET end_date = now()")
    #expect(try await marks(connection) == ["product_effects 1 of 1"])
    try await connection.script("DELETE FROM product_effects")
    #expect(try await marks(connection) == ["product_effects 1 of 1"])
  }

  @Test("writers of one twin do not wait for each other")
  func concurrentWriters() async throws {
    let database = try await TwinsDatabase.create()
    let one = try await database.connect()
    let other = try await database.connect()
    let twin = try await one.skincareTwin("1", snapshots: ["{}"])
    func write(_ connection: Connection) async throws {
      _ = try await connection.query(
        "INSERT INTO twin_snapshots (id, twin_id, snapshot_date) VALUES (\(UUID()), \(twin), now())",
        // Writers that wait for each other would wait for ever.
        deadline: .seconds(120))
    }
    try await one.transaction { one in
      try await write(one)
      try await other.transaction { try await write($0) }
    }
    #expect(try await marks(one) == ["twin_snapshots 3 of 1"])
  }

  @Test("a role that may only write the application's tables leaves marks all the same")
  func applicationRole() async throws {
    let database = try await TwinsDatabase.create()
    let connection = try await database.connect()
    let twin: UUID = try await connection.value("SELECT twinmill.twin('skincare', '1')")
    let role = "app_\(database.name)"
    let answer = try await database.psql(
      """
      CREATE ROLE \(role);
      GRANT INSERT ON twin_snapshots TO \(role);
      SET ROLE \(role);
      INSERT INTO twin_snapshots (id, twin_id, snapshot_date) VALUES (gen_random_uuid(), '\(twin)', now());
      RESET ROLE;
      REVOKE INSERT ON twin_snapshots FROM \(role);
      DROP ROLE \(role);
      """)
    #expect(answer.status == 0, "\(answer.err)")
    #expect(try await marks(connection) == ["twin_snapshots 1 of 1"])
  }
}
