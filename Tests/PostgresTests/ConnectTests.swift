import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import TestServer
import Testing

@Suite("Connecting", .serialized)
struct ConnectTests {
  @Test("an unreachable server is named with host, port, database, user and a remedy")
  func nowhere() async throws {
    let settings = ConnectionSettings(url: "postgres://ann:secret@127.0.0.1:1/shop", applicationName: "tests")
    let error = try await failure { _ = try await Connection.open(settings) }
    #expect(error.kind == .connectFailed && error.isConnectionLoss)
    for part in ["127.0.0.1", "port 1", "database shop", "user ann"] { #expect(error.message.contains(part)) }
    #expect(error.hint?.contains("check that PostgreSQL runs") == true)
    for text in ["\(error)", String(reflecting: error), "\(settings)", String(reflecting: settings)] {
      #expect(!text.contains("secret"))
    }
    var dump = ""
    Swift.dump(settings, to: &dump)
    #expect(!dump.contains("secret"))
  }

  @Test("a connection string that cannot be read is refused without being shown")
  func badURL() async throws {
    for url in ["postgres://ann:secret@[::1", "nonsense=secret", "not a url secret"] {
      let error = try await failure { _ = try await Connection.open(ConnectionSettings(url: url)) }
      #expect(error.kind == .configuration && !String(reflecting: error).contains("secret"))
    }
    let error = try await failure {
      _ = try await Connection.open(ConnectionSettings(url: "postgres://a:1,b:2,c:3/x?hostaddr=127.0.0.1,127.0.0.2"))
    }
    #expect(error.kind == .configuration)
  }

  @Test("an unknown database, an unknown role and an unknown host each get their remedy")
  func remedies() async throws {
    let server = try await TestServer.shared
    var error = try await failure {
      _ = try await Connection.open(ConnectionSettings(url: server.url(database: "no such")))
    }
    #expect(
      error.sqlstate == "3D000" && error.message.contains("\"no such\"") && error.hint?.contains("createdb") == true)
    let url = server.url().replacing("postgres@", with: "nobody_here@")
    error = try await failure { _ = try await Connection.open(ConnectionSettings(url: url)) }
    #expect(error.sqlstate == "28000" && error.hint?.contains("nobody_here") == true)
    error = try await failure {
      _ = try await Connection.open(ConnectionSettings(url: "postgres://no-such-host.invalid/x"))
    }
    #expect(error.kind == .connectFailed && error.hint?.contains("host's name") == true)
  }

  @Test("the deadline covers a server that accepts and never answers")
  func silentServer() async throws {
    let silent = try SilentServer()
    defer { silent.close() }
    var settings = ConnectionSettings(url: "postgres://a@127.0.0.1:\(silent.port)/x")
    settings.options.openDeadline = .milliseconds(50)
    let error = try await failure { _ = try await Connection.open(settings) }
    #expect(error.kind == .connectFailed && error.message.contains("no answer from"))
    settings.options.openDeadline = .seconds(60)
    let task = Task { [settings] in _ = try await Connection.open(settings) }
    try await silent.accepted()
    task.cancel()
    let second = try await failure { try await task.value }
    #expect(second.kind == .cancelled)
  }

  @Test("of several hosts the first that fits is taken, also behind a dead and a silent one")
  func multipleHosts() async throws {
    let server = try await TestServer.own(tcp: .init(port: try freePort(), password: "p w"))
    let port = try #require(server.url().split(separator: "=").last)
    let silent = try SilentServer()
    defer { silent.close() }
    let hosts = "127.0.0.1:1,127.0.0.1:\(silent.port),localhost:\(port)"
    let url = "postgres://postgres:p%20w@\(hosts)/postgres?connect_timeout=1&target_session_attrs=read-write"
    let connection = try await Connection.open(ConnectionSettings(url: url))
    #expect(try await connection.query("SELECT 1").count == 1)
    await connection.close()
    let standby = "postgres://postgres:p%20w@localhost:\(port)/postgres?target_session_attrs=prefer-standby"
    let second = try await Connection.open(ConnectionSettings(url: standby))
    await second.close()
    var error = try await failure {
      _ = try await Connection.open(
        ConnectionSettings(url: "postgres://postgres:p%20w@localhost:\(port)/postgres?target_session_attrs=standby"))
    }
    #expect(error.kind == .connectFailed)
    error = try await failure {
      _ = try await Connection.open(ConnectionSettings(url: "postgres://postgres:wrong@127.0.0.1:\(port)/postgres"))
    }
    #expect(error.sqlstate == "28P01" && error.hint?.contains("PGPASSWORD") == true)
    #expect(!String(reflecting: error).contains("wrong"))
    // No password at all is no more a reason to wait than a wrong one.
    error = try await failure {
      _ = try await Connection.open(
        ConnectionSettings(url: "postgres://postgres@127.0.0.1:\(port)/postgres?passfile=/dev/null"))
    }
    #expect(error.isWrongLogin && error.hint?.contains("PGPASSWORD") == true, "\(error)")
    await server.stop(.immediate)
  }

  @Test("a primary is found behind its standby, a standby when one is preferred; a write on it costs the connection")
  func standby() async throws {
    let primary = try await TestServer.own()
    let standbyFolder = primary.folder + "-standby"
    try FileManager.default.createDirectory(atPath: standbyFolder, withIntermediateDirectories: true)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: standbyFolder) } }
    let data = "\(standbyFolder)/data"
    let copied = try await ChildProcess.run([
      "\(primary.binaries)/pg_basebackup", "-d", primary.url(), "-D", data, "-R", "-c", "fast", "--no-sync",
    ])
    try #require(copied.status == 0, "\(copied.err)")
    _ = try await ChildProcess.run(["chown", "-R", "--reference", "\(primary.folder)/data", data])
    let standby = try await PrivateServer.start(in: standbyFolder, durability: .none)
    func open(_ wanted: String) async throws -> Connection {
      let hosts = "\(standby.socketFolder),\(primary.socketFolder)"
      return try await Connection.open(
        ConnectionSettings(url: "host=\(hosts) user=postgres dbname=postgres target_session_attrs=\(wanted)"))
    }
    func isStandby(_ connection: Connection) async throws -> Bool {
      try await connection.query("SELECT pg_is_in_recovery()").only().decode(Bool.self)
    }
    for (wanted, expected) in [
      ("any", true), ("read-write", false), ("primary", false), ("standby", true), ("read-only", true),
      ("prefer-standby", true),
    ] {
      let connection = try await open(wanted)
      #expect(try await isStandby(connection) == expected, "\(wanted)")
      await connection.close()
    }
    let reader = try await open("standby")
    let error = try await failure { try await reader.query("CREATE TABLE t ()") }
    #expect(error.sqlstate == "25006" && error.isConnectionLoss && reader.isDead)
    await standby.stop(.immediate)
    let fallback = try await open("prefer-standby")
    #expect(try await !isStandby(fallback))
    await fallback.close()
    await primary.stop(.immediate)
  }

  @Test("defaults are set where the user set nothing")
  func defaults() async throws {
    let db = try await TestDatabase.create()
    var settings = db.settings
    settings.options.sessionSettings = ["statement_timeout": "12s", "search_path": "\"a b\", \"c\\d\""]
    let connection = try await Connection.open(settings)
    let row = try await connection.query(
      """
      SELECT current_setting('application_name'), current_setting('statement_timeout'),
             current_setting('search_path'), current_setting('client_encoding')
      """
    ).only().decode(String.self, String.self, String.self, String.self)
    #expect(row == ("tests", "12s", "\"a b\", \"c\\d\"", "UTF8"))
    await connection.close()
    settings.url? += "&application_name=mine"
    let named = try await Connection.open(settings)
    let name = try await named.query("SHOW application_name").only().decode(String.self)
    #expect(name == "mine")
    await named.close()
    await db.drop()
  }

  @Test("the threads and descriptors of 200 connections go with them, closed or just forgotten")
  func noLeaks() async throws {
    let db = try await TestDatabase.create()
    func ours() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
        let name = FileManager.default.contents(atPath: "/proc/self/task/\(task)/comm")
        return name.map { String(decoding: $0, as: UTF8.self) } == "leak-check\n"
      }
    }
    var settings = db.settings
    settings.options.threadName = "leak-check"
    for round in 0..<200 {
      let connection = try await Connection.open(settings)
      #expect(try ours() >= 1)
      if round % 2 == 0 { await connection.close() }
    }
    // Threads end on their own time: this waits for the last, and hangs if one leaks.
    while try ours() > 0 { await Task.yield() }
    await db.drop()
  }

  /// A port that nobody listens on at the moment.
  private func freePort() throws -> Int {
    let silent = try SilentServer()
    defer { silent.close() }
    return silent.port
  }
}
