import Domains
import FoundationEssentials
import Postgres
import TestServer
import Testing
import Twins

@Suite("Reading histories", .dropsDatabases)
struct HistoryReaderTests: DatabaseSuite {
  @Test(
    "twins of all domains come in one call; unknown twins are missing, unregistered ones have no domain", .twinsDatabase
  )
  func mixed() async throws {
    let catalog = try Domains.catalog()
    let skin = try await connection.skincareTwin("1", snapshots: [#"{"texture_score": 9}"#])
    let sensor: UUID = try await connection.value("SELECT twinmill.twin('sensor', 'a')")
    let bare = UUID()
    _ = try await connection.query("INSERT INTO user_digital_twins (id) VALUES (\(bare))")
    let reader = HistoryReader(catalog)
    func read() async throws -> [UUID: TwinHistory] {
      try await connection.transaction(readOnly: true) {
        try await reader.histories(of: [skin, sensor, bare, UUID(), skin], kind: "prediction", on: $0)
      }
    }
    let first = try await read()
    #expect(Set(first.keys) == [skin, sensor, bare])
    #expect(first[skin]?.observations.first { $0.metric == "texture_score" }?.values == [9])
    #expect(first[sensor]?.hasTables == false)
    #expect(first[bare]?.domainName == nil)

    // The sensor's table comes into being later: the reader finds out, and again when it is gone.
    let domain = try #require(catalog["sensor"])
    try await catalog.createTables(of: domain, on: connection)
    _ = try await connection.query(
      """
      INSERT INTO sensor_observations
      SELECT \(sensor), metric, '2024-01-01 UTC'::timestamptz + n * interval '1 min', n
      FROM generate_series(1, 3) AS n, unnest('{b,a}'::text[]) AS metric
      """)
    for _ in 0..<2 {
      let history = try #require(try await read()[sensor])
      #expect(history.hasTables && history.observations.map(\.metric) == ["a", "b"])
      #expect(history.observations.map(\.values) == [[1, 2, 3], [1, 2, 3]])
    }
    try await connection.script("DROP TABLE sensor_observations")
    await #expect(throws: PostgresError.self) { _ = try await read() }
    #expect(try await read()[sensor]?.hasTables == false)
  }

  @Test("tables are read by whoever may read the twins; who may not fails no other domain's reading")
  func permissions() async throws {
    let database = try await TwinsDatabase.create()
    let owner = try await database.connect()
    let (reader, stranger) = ("reader_\(database.name)", "stranger_\(database.name)")
    try await owner.script(
      """
      CREATE ROLE \(reader); CREATE ROLE \(stranger);
      GRANT USAGE ON SCHEMA twinmill TO \(reader), \(stranger);
      GRANT SELECT ON twinmill.results TO \(reader), \(stranger);
      GRANT EXECUTE ON FUNCTION twinmill.readable_json(json), twinmill.require_plain(text[], text[], text[])
        TO \(reader), \(stranger);
      GRANT SELECT ON user_digital_twins TO \(reader)
      """)
    let catalog = try Domains.catalog()
    try await catalog.createTables(of: try #require(catalog["sensor"]), on: owner)
    try await owner.script("GRANT SELECT ON user_digital_twins TO \(stranger)")
    try await owner.script("GRANT SELECT ON twin_snapshots TO \(reader), \(stranger)")
    let sensor: UUID = try await owner.value("SELECT twinmill.twin('sensor', 'a')")
    let skin = try await owner.skincareTwin("1", snapshots: [#"{"texture_score": 9}"#])
    for (role, mayRead) in [(reader, true), (stranger, false)] {
      let connection = try await database.connect()
      try await connection.script("SET ROLE \(role)")
      let histories = try await HistoryReader(catalog).histories(
        of: [sensor, skin], kind: "prediction", on: connection)
      #expect(histories[sensor]?.hasTables == mayRead)
      #expect(histories[skin]?.observations.isEmpty == false)
      await connection.close()
    }
    try await owner.script("DROP OWNED BY \(reader), \(stranger); DROP ROLE \(reader), \(stranger)")
  }

  @Test("events come along when they are asked for, in the same order wherever they come from", .twinsDatabase)
  func events() async throws {
    let catalog = try Domains.catalog()
    let usage = [#"[]"#, #"["b", "B"]"#, #"["a"]"#]
    let twin = try await connection.skincareTwin("1", snapshots: [], usage: usage)
    let other = try await connection.skincareTwin("2", snapshots: [], usage: [#"["x"]"#, "[]"])
    let sensor: UUID = try await connection.value("SELECT twinmill.twin('sensor', 'a')")
    try await catalog.createTables(of: try #require(catalog["sensor"]), on: connection)
    let reader = HistoryReader(catalog)
    // The first call meets the sensor's table late, the second asks for all at once.
    for _ in 1...2 {
      let histories = try await reader.histories(
        of: [twin, other, sensor], kind: "effect", withEvents: true, on: connection)
      let events = try #require(histories[twin]).events
      #expect(
        events.map { "\($0.type) \($0.factor)" } == [
          "product_started B", "product_started b", "product_started a", "product_stopped B", "product_stopped b",
        ])
      let start = Date(timeIntervalSince1970: 1_704_067_200)
      #expect(events.map { $0.occurredAt.timeIntervalSince(start) / 86_400 } == [1, 1, 2, 2, 2])
      #expect(histories[other]?.events.map(\.type) == ["product_stopped"])
      #expect(histories[sensor]?.events == [] && histories[sensor]?.hasTables == true)
    }
    let without = try await reader.histories(of: [twin], kind: "prediction", on: connection)
    #expect(without[twin]?.events == [])
  }

  @Test("the hash of the kind's latest result comes along", .twinsDatabase)
  func lastHash() async throws {
    let twin = try await connection.skincareTwin("1", snapshots: [])
    _ = try await connection.query(
      "INSERT INTO twinmill.results VALUES (\(twin), 'prediction', 'abc', '1', 1, 1, now(), now())")
    let reader = HistoryReader(try Domains.catalog())
    #expect(try await reader.histories(of: [twin], kind: "prediction", on: connection)[twin]?.lastInputHash == "abc")
    #expect(try await reader.histories(of: [twin], kind: "insight", on: connection)[twin]?.lastInputHash == nil)
  }
}
