import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import TestServer
import Testing

/// Databases in which something lies: hidden rows, other encodings, a server that only reads, names and files that are
/// out of the ordinary. The program says what is wrong and what to do.
@Suite("Hidden rows, encodings, and other surprises", .dropsDatabases)
struct HiddenAndOddTests {
  /// A role of its own that may work, and the URL to log in as it.
  private func worker(of database: TestDatabase) async throws -> (role: String, url: String) {
    let role = "worker_\(database.name)"
    let made = try await database.psql(
      """
      CREATE ROLE \(role) LOGIN;
      GRANT USAGE ON SCHEMA twinmill, public TO \(role);
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA twinmill, public TO \(role);
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA twinmill TO \(role);
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA twinmill TO \(role);
      """)
    #expect(made.status == 0, "\(made.err)")
    return (role, database.url.replacing("postgres://\(database.server.user)@", with: "postgres://\(role)@"))
  }

  @Test(
    "W3: rows hidden from the worker stop its start with 78 and the remedy",
    arguments: ["public.user_digital_twins", "twinmill.live_jobs", "public.sensor_observations"])
  func hidden(_ table: String) async throws {
    let database = try await Installed.migrated()
    _ = try await Installed.run(["domains", "prepare", "sensor"], url: database.url)
    let (role, url) = try await worker(of: database)
    let hidden = try await database.psql("ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY")
    #expect(hidden.status == 0, "\(hidden.err)")
    let output = try await Installed.run(["worker"], url: url)
    #expect(output.status == 78)
    #expect(output.err.contains("row-level security hides rows of \(table) from role \(role)"), "\(output.err)")
    #expect(output.err.contains("DISABLE ROW LEVEL SECURITY") && output.err.contains("BYPASSRLS"))
    _ = try await database.psql("DROP OWNED BY \(role); DROP ROLE \(role)")
  }

  @Test("W3: rows that are hidden while the worker runs are an error that is tried again, never a twin that is gone")
  func hiddenLater() async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    let (role, url) = try await worker(of: database)
    let daemon = try await Daemon("worker", url: url)
    try await daemon.untilLogged("\"working\"")
    try await connection.script("ALTER TABLE public.user_digital_twins ENABLE ROW LEVEL SECURITY")
    _ = try await connection.query(
      "SELECT twinmill.enqueue('prediction', twin => twinmill.twin('sensor', 'seen'), max_attempts => 100)")
    try await connection.until(
      "SELECT count(*) = 1 FROM twinmill.jobs WHERE kind = 'prediction' AND attempt > 0 AND errors <> '[]'")
    let said = try await connection.value(
      "SELECT errors -> 0 ->> 'message' FROM twinmill.jobs WHERE kind = 'prediction'", as: String.self)
    #expect(said.contains("row-level security"), "\(said)")
    #expect(await daemon.stop() == 0)
    try await connection.script("DROP OWNED BY \(role); DROP ROLE \(role)")
    await connection.close()
  }

  @Test("W3: domains prepare refuses tables whose rows are hidden from a worker, with 78")
  func prepare() async throws {
    // A role of the name twinmill_worker belongs to the whole server.
    let server = try await TestServer.own()
    let database = try await Installed.migrated(on: server)
    let connection = try await database.connect()
    try await connection.script("CREATE ROLE twinmill_worker; CREATE ROLE runner LOGIN IN ROLE twinmill_worker")
    let first = try await Installed.run(["domains", "prepare", "sensor"], url: database.url)
    #expect(first.status == 0, "\(first.err)")
    try await connection.script("ALTER TABLE public.sensor_observations ENABLE ROW LEVEL SECURITY")
    let second = try await Installed.run(["domains", "prepare", "sensor"], url: database.url)
    #expect(second.status == 78)
    #expect(
      second.err.contains("row-level security hides rows of public.sensor_observations from role runner"),
      "\(second.err)")
    try await connection.script("ALTER ROLE runner BYPASSRLS")
    #expect(try await Installed.run(["domains", "prepare", "sensor"], url: database.url).status == 0)
    await connection.close()
    await server.stop()
  }

  @Test("D5: migrate up and the worker refuse a database of another encoding with 78")
  func encoding() async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    let name = "\(database.name)_ascii"
    try await connection.script("CREATE DATABASE \(name) ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    for command in [["migrate", "up"], ["worker"], ["scheduler"]] {
      let output = try await Installed.run(command, url: database.server.url(database: name))
      #expect(output.status == 78, "\(command)")
      #expect(output.err.contains("has the encoding SQL_ASCII, and Twinmill needs UTF8"), "\(output.err)")
    }
    try await connection.script("DROP DATABASE \(name) WITH (FORCE)")
    await connection.close()
  }

  @Test("W6: a scheduler on a database that only reads says so once and backs off", arguments: [true, false])
  func onlyReads(_ isDue: Bool) async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    if isDue {
      _ = try await connection.query("SELECT twinmill.schedule('often', '* * * * *', 'probe')")
    }
    try await connection.script("ALTER DATABASE \"\(database.name)\" SET default_transaction_read_only = on")
    let scheduler = try await Daemon("scheduler", url: database.url)
    try await scheduler.untilLogged("database lost; reconnecting")
    // A dozen connections later, which is a dozen failures, there is still one line of it.
    try await scheduler.untilConnected(12, database, connection)
    #expect(scheduler.lines(with: "database lost; reconnecting").count == 1, "\(scheduler.log)")
    #expect(scheduler.lines(with: "database is back").isEmpty)
    try await connection.script("ALTER DATABASE \"\(database.name)\" RESET default_transaction_read_only")
    try await scheduler.untilLogged("database is back; ticking on")
    #expect(await scheduler.stop() == 0)
    await connection.close()
  }

  @Test(
    "W6: the schema of the twin tables may have any name",
    arguments: ["a$name$b", "$$", "x$function$ \"y\" $do$", "$t$'$body$"])
  func schemaName(_ schema: String) async throws {
    let database = try await TestDatabase.create()
    let environment: [String: String?] = ["TWINMILL_TWINS_SCHEMA": schema]
    for command in [["migrate", "up"], ["migrate", "down", "--to", "0"], ["migrate", "up"]] {
      let output = try await Installed.run(command, url: database.url, environment: environment)
      #expect(output.status == 0, "\(command): \(output.err)")
    }
    let connection = try await database.connect()
    let twin = try await connection.value("SELECT twinmill.twin('sensor', 'a')::text", as: String.self)
    let found = try await connection.value(
      SQL(stringLiteral: "SELECT id::text FROM \(Statement.quotedIdentifier(schema)).user_digital_twins"),
      as: String.self)
    #expect(found == twin)
    try await connection.script("SELECT twinmill.keep_predictions(30)")
    let refused = await #expect(throws: PostgresError.self) {
      try await connection.query("SELECT twinmill.keep_predictions(2500000)")
    }
    #expect(refused?.sqlstate == "22023" && refused?.message == "days must be between 1 and 36500, not 2500000")
    await connection.close()
  }

  @Test("W6: a message of many bytes is cut in the log, and says how long it was")
  func longMessage() async throws {
    let database = try await Installed.migrated()
    let connection = try await database.connect()
    let worker = try await Daemon("worker", url: database.url)
    _ = try await connection.query(
      """
      SELECT twinmill.enqueue('probe', max_attempts => 1,
        arguments => jsonb_build_object('fail', repeat('ä', 400000)))
      """)
    try await connection.until("SELECT count(*) = 1 FROM twinmill.job_history WHERE state = 'discarded'")
    try await worker.untilLogged("äää")
    #expect(await worker.stop() == 0)
    let longest = worker.log.split(separator: "\n").map(\.utf8.count).max() ?? 0
    #expect(longest < 6_000)
    #expect(worker.log.contains("ä… ("))
    await connection.close()
  }

  @Test("W6: enqueue --from takes a byte order mark")
  func byteOrderMark() async throws {
    let database = try await Installed.migrated()
    let path = "/tmp/twinmill-test-\(UUID().uuidString).jsonl"
    defer { unlink(path) }
    try "\u{FEFF}{\"kind\": \"probe\"}\n{\"kind\": \"probe\"}\n".write(toFile: path, atomically: true, encoding: .utf8)
    let output = try await Installed.run(["enqueue", "--from", path], url: database.url)
    #expect(output.status == 0, "\(output.err)")
    #expect(output.out == "\(path): 2 inserted, 0 merged, 0 replaced, 0 refused\n", "\(output.out)\(output.err)")
  }
}

extension Daemon {
  /// Returns when the program has connected so many more times.
  fileprivate func untilConnected(_ times: Int, _ database: TestDatabase, _ connection: Connection) async throws {
    var seen: Set<Int32> = []
    while seen.count < times {
      for row in try await connection.query(
        """
        SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'twinmill scheduler'
        """)
      {
        seen.insert(try row.decode(Int32.self))
      }
      guard isRunning else { throw Installed.Failed("the scheduler ended: \(log)") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}
