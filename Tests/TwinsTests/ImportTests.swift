import Domains
import FoundationEssentials
import Postgres
import TestServer
import Testing
import Twins

@Suite("Import of observations", .dropsDatabases)
struct ImportTests: DatabaseSuite {
  /// Imports lines into sensor twin `pump`.
  private func run(
    _ lines: [String], on connection: Connection, _ options: ObservationFormat.Options = .init(),
    timeZone: String = "UTC", domain: String = "sensor"
  ) async throws -> ObservationImport.Summary {
    let catalog = try Domains.catalog()
    let importer = try ObservationImport(
      domain: try #require(catalog[domain]), file: "data.csv", options: options, timeZone: timeZone)
    var rest = lines[...]
    return try await importer.run(subject: "pump", catalog: catalog, on: connection) {
      rest.popFirst().map { Array($0.utf8) }
    }
  }

  private func marks(_ connection: Connection) async throws -> Int64 {
    try await connection.value(
      "WITH taken AS (DELETE FROM twinmill.twin_changes RETURNING 1) SELECT count(*) FROM taken")
  }

  @Test("the first import creates table and twin; the same again changes nothing and marks nothing", .twinsDatabase)
  func idempotent() async throws {
    let lines = ["timestamp,value"] + (10..<60).map { "2014-02-14 14:\($0):00,\($0).25" } + [""]
    let first = try await run(lines, on: connection)
    #expect(first.rows == 50 && first.inserted == 50 && first.stored == 50 && first.repeated == 0)
    #expect(first.metrics == ["value"])
    #expect(first.range?.lowerBound == Date(timeIntervalSince1970: 1_392_387_000))
    #expect(try await marks(connection) == 1)
    let second = try await run(lines, on: connection)
    #expect(second.twin == first.twin && second.stored == 0 && second.unchanged == 50)
    #expect(try await marks(connection) == 0)
    let third = try await run(["timestamp,value", "2014-02-14T14:10:00Z,7", "2015-01-01,8"], on: connection)
    #expect(third.inserted == 1 && third.changed == 1 && third.unchanged == 0)
    #expect(try await marks(connection) == 2)
  }

  @Test("of repeated timestamps the last one wins, and they are counted", .twinsDatabase)
  func repeated() async throws {
    let summary = try await run(
      ["timestamp,value", "2024-01-01 00:00:00,1", "2024-01-01 00:00:00,2", "2024-01-01T01:00:00+01:00,3"],
      on: connection)
    #expect(summary.rows == 3 && summary.inserted == 1 && summary.repeated == 2)
    #expect(try await connection.value("SELECT value FROM sensor_observations") == 3.0)
  }

  @Test("several columns are several metrics; empty fields are missing, not zero; names can be given", .twinsDatabase)
  func wide() async throws {
    let summary = try await run(
      [
        "\u{FEFF}id;time;a;\"b \"\"x\"\"\"", "1;2024-01-01;1.5;", "2;1704153600;NA;-2e3",
        "3;2024-01-03 00:00;\"3\"; 4 ",
      ],
      on: connection, .init(valueColumns: ["a", "b \"x\""], metrics: ["heat", "flow"]))
    #expect(summary.metrics == ["heat", "flow"] && summary.missing == 2 && summary.inserted == 4)
    let rows = try await connection.query(
      "SELECT metric || ' ' || to_char(observed_at AT TIME ZONE 'UTC', 'DD') || ' ' || value AS line FROM sensor_observations ORDER BY 1"
    )
    #expect(
      try rows.map { try $0.get("line", as: String.self) } == [
        "flow 02 -2000", "flow 03 4", "heat 01 1.5", "heat 03 3",
      ])
  }

  @Test("instants without an offset are of the zone that was named, others are not touched", .twinsDatabase)
  func timeZone() async throws {
    _ = try await run(
      ["timestamp,value", "2024-07-01 12:00:00,1", "2024-07-01T12:00:00Z,2", "1719835200.5,3", "2024-01-01,4"],
      on: connection, timeZone: "Europe/Berlin")
    let rows = try await connection.query(
      "SELECT extract(epoch FROM observed_at)::float8 AS at FROM sensor_observations ORDER BY value")
    #expect(
      try rows.map { try $0.get("at", as: Double.self) } == [
        1_719_828_000, 1_719_835_200, 1_719_835_200.5, 1_704_063_600,
      ])
  }

  @Test(
    "a bad file is refused with file, line and remedy", .twinsDatabase,
    arguments: [
      (["timestamp,value", "2024-01-01,1", "yesterday,2"], "data.csv:3: \"yesterday\" is no instant"),
      (["timestamp,value", "20240101,1"], "data.csv:2: \"20240101\" is no instant"),
      (["timestamp,value", "1704067200000,1"], "no instant"),
      (["timestamp,value", "2024-02-30,1"], "no instant"),
      (["timestamp,value", "2024-01-01,one"], "data.csv:2: \"one\" in column value is no finite number"),
      (["timestamp,value", "2024-01-01,inf"], "no finite number"),
      (["timestamp,value", "2024-01-01,0x10"], "no finite number"),
      (["timestamp,value", "2024-01-01,1e999"], "no finite number"),
      (["timestamp,value", "2024-01-01,\"1,5\""], "no finite number"),
      (["timestamp,value", "2024-01-01,1,2"], "data.csv:2: 3 fields, the header has 2"),
      (["timestamp,value", "2024-01-01,\"1"], "a quoted field does not end"),
      (["timestamp,value", "2024-01-01,1\u{0}"], "not text in UTF-8"),
      ([], "data.csv: is empty"),
      (["timestamp,value", ""], "has a header, but no data"),
      (["value"], "at least two columns"),
      (["2024-01-01,5"], "the first line holds data"),
      (["time,value,value", "1,2,3"], "two value columns have one metric name"),
      (["time,", "1,2"], "a value column has no name"),
    ])
  func refused(lines: [String], problem: String) async throws {
    let error = await #expect(throws: ImportError.self) { _ = try await run(lines, on: connection) }
    #expect(error?.description.contains(problem) == true, "\(error?.description ?? "none")")
    #expect(try await connection.value("SELECT count(*) FROM user_digital_twins") == Int64(0), "nothing is stored")
    #expect(try await connection.value("SELECT to_regclass('sensor_observations') IS NULL") == true)
  }

  @Test("columns, metrics, zones and domains that do not fit are refused by name", .twinsDatabase)
  func options() async throws {
    let lines = ["timestamp,a,b", "2024-01-01,1,2"]
    func problem(_ options: ObservationFormat.Options = .init(), zone: String = "UTC", domain: String = "sensor") async
      -> String
    {
      let error = await #expect(throws: ImportError.self) {
        _ = try await run(lines, on: connection, options, timeZone: zone, domain: domain)
      }
      return error?.description ?? ""
    }
    #expect(
      await problem(.init(timestampColumn: "when")).contains("no column \"when\"; the columns are: timestamp, a, b"))
    #expect(await problem(.init(valueColumns: ["c"])).contains("no column \"c\""))
    #expect(await problem(.init(valueColumns: ["timestamp"])).contains("cannot be both"))
    #expect(await problem(.init(metrics: ["x"])).contains("1 metric name(s) for 2 value column(s)"))
    #expect(await problem(zone: "Mars/Olympus").contains("unknown time zone \"Mars/Olympus\""))
    #expect(await problem(domain: "skincare").contains("takes no imports"))
  }

  @Test("a role that may not create tables is told who can")
  func notAllowed() async throws {
    let database = try await TwinsDatabase.create()
    let owner = try await database.connect()
    let role = "weak_\(database.name)"
    try await owner.script(
      """
      CREATE ROLE \(role); GRANT USAGE ON SCHEMA twinmill TO \(role);
      GRANT EXECUTE ON FUNCTION twinmill.twin(text, text) TO \(role);
      REVOKE CREATE ON SCHEMA public FROM PUBLIC
      """)
    let connection = try await database.connect()
    try await connection.script("SET ROLE \(role)")
    let error = await #expect(throws: ImportError.self) {
      _ = try await run(["timestamp,value", "2024-01-01,1"], on: connection)
    }
    #expect(error?.description.contains("run the first import as the owner") == true)
    await connection.close()
    try await owner.script("DROP OWNED BY \(role); DROP ROLE \(role)")
  }
}
