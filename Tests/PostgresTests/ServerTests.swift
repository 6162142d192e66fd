import FoundationEssentials
import Glibc
import Postgres
import PostgresServer
import TestServer
import Testing

@Suite("PrivateServer", .dropsDatabases)
struct ServerTests {
  @Test("committed data survives a fast and an immediate restart; connections notice both", .timeLimit(.minutes(30)))
  func restarts() async throws {
    let server = try await TestServer.own(durability: .full)
    var connection = try await Connection.open(ConnectionSettings(url: server.url()))
    try await connection.script("CREATE TABLE public.t (n bigint)")
    for (number, mode) in [PrivateServer.Shutdown.fast, .immediate].enumerated() {
      try await connection.query("INSERT INTO public.t VALUES (\(number))")
      let stream = connection.notifications()
      try await server.restart(mode)
      for await _ in stream {}
      #expect(connection.isDead)
      connection = try await Connection.open(ConnectionSettings(url: server.url()))
      #expect(try await connection.query("SELECT count(*) FROM public.t").only().decode(Int.self) == number + 1)
    }
    await server.stop(.fast)
    let error = try await failure { _ = try await Connection.open(ConnectionSettings(url: server.url())) }
    #expect(error.kind == .connectFailed)
    // The folder is used again.
    let again = try await PrivateServer.start(in: server.folder)
    let second = try await Connection.open(ConnectionSettings(url: again.url()))
    #expect(try await second.query("SELECT count(*) FROM public.t").only().decode(Int.self) == 2)
    await second.close()
    await again.stop(.immediate)
  }

  @Test("a path too long for a socket gets its socket elsewhere, and takes it away at the end")
  func longPath() async throws {
    let base = try await TestServer.own()
    await base.stop(.immediate)
    let folder =
      "/tmp/twinmill-tests-\(ProcessInfo.processInfo.processIdentifier)-long/" + String(repeating: "x", count: 100)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: String(folder.dropLast(101))) } }
    let server = try await PrivateServer.start(in: folder, durability: .none)
    #expect(server.socketFolder.utf8.count < 20)
    let connection = try await Connection.open(ConnectionSettings(url: server.url()))
    #expect(try await connection.query("SELECT 1").count == 1)
    await connection.close()
    await server.stop(.immediate)
    #expect(!FileManager.default.fileExists(atPath: server.socketFolder))
  }

  @Test("a server that cannot start says why")
  func badSetting() async throws {
    let error = try await failure { _ = try await TestServer.own(settings: ["max_connections": "nonsense"]) }
    #expect(error.kind == .configuration && error.hint?.contains("max_connections") == true)
  }

  @Test("a folder that the server's user cannot reach is named, with a remedy", .enabled(if: geteuid() == 0))
  func unreachableFolder() async throws {
    let parent = "/tmp/twinmill-tests-\(ProcessInfo.processInfo.processIdentifier)-closed"
    try FileManager.default.createDirectory(
      atPath: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: parent) } }
    let error = try await failure { _ = try await PrivateServer.start(in: "\(parent)/server") }
    #expect(error.kind == .configuration && error.message.contains(parent) && error.hint?.contains("chmod") == true)
  }

  @Test("over TLS megabytes go both ways, and notifications come", .timeLimit(.minutes(30)))
  func encrypted() async throws {
    let socket = try SilentServer()
    let port = socket.port
    socket.close()
    let server = try await TestServer.own(tcp: .init(port: port, password: "secret"))
    let asking = try await Connection.open(ConnectionSettings(url: server.url()))
    let library = try await asking.query("SHOW ssl_library").only().decode(String.self)
    await asking.close()
    // A server may be built without it.
    guard !library.isEmpty else { return await server.stop(.immediate) }
    let data = "\(server.folder)/data"
    let made = try await ChildProcess.run([
      "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout",
      "\(data)/server.key", "-out", "\(data)/server.crt",
    ])
    try #require(made.status == 0, "\(made.err)")
    let owned = try await ChildProcess.run(["chown", "--reference", data, "\(data)/server.key", "\(data)/server.crt"])
    try #require(owned.status == 0, "\(owned.err)")
    let local = try await Connection.open(ConnectionSettings(url: server.url()))
    try await local.query("ALTER SYSTEM SET ssl = on")
    await local.close()
    try await server.restart()
    let url = "postgres://postgres:secret@localhost:\(port)/postgres?sslmode=require"
    let (one, two) = (
      try await Connection.open(ConnectionSettings(url: url)), try await Connection.open(ConnectionSettings(url: url))
    )
    #expect(
      try await one.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").only().decode(Bool.self))
    for size in [1, 8_191, 16_383, 16_384, 16_385, 32_768, 100_000, 5_000_000] {
      let text = String(repeating: "x", count: size)
      let pieces = try await one.pipeline(["SELECT \(text)", "SELECT \(text)"])
      #expect(try pieces[1].only().decode(String.self) == text)
    }
    let rows = try await one.copyOut(
      "COPY (SELECT repeat('y', n % 20000) FROM generate_series(1, 3000) AS n) TO STDOUT (FORMAT binary)", String.self
    ) { _ in }
    #expect(rows == 3_000)
    var notifications = one.notifications().makeAsyncIterator()
    try await one.query("LISTEN jobs")
    // Many in one record: none may stay behind in the TLS library.
    try await two.query("SELECT pg_notify('jobs', n || repeat('z', 7000)) FROM generate_series(1, 100) AS n")
    for number in 1...100 { #expect(await notifications.next()?.payload.hasPrefix("\(number)z") == true) }
    await one.close()
    await two.close()
    await server.stop(.immediate)
  }

  @Test("a template is filled once, and each test gets its own copy")
  func templates() async throws {
    let make = {
      try await TestDatabase.create(from: "postgres_tests") { connection in
        try await connection.script("CREATE TABLE public.t AS SELECT 1 AS n")
      }
    }
    async let pair = (make(), make())
    let (one, two) = try await pair
    #expect(one.name != two.name)
    #expect(try await one.psql("DELETE FROM t").status == 0)
    let left = try await two.psql("SELECT n FROM t", options: ["-At"])
    #expect(left.out == "1\n" && left.err.isEmpty)
  }

  @Test("psql stops at the first error and shows it in full")
  func psqlErrors() async throws {
    let db = try await TestDatabase.create()
    let result = try await db.psql("SELECT nonsense;\nSELECT 1")
    #expect(result.status == 3 && result.err.contains("42703") && !result.out.contains("1"))
  }
}

@Suite("ChildProcess", .dropsDatabases)
struct ChildProcessTests {
  @Test("a program gets its arguments and input as they are, and its output and status come back")
  func run() async throws {
    let big = String(repeating: "0123456789", count: 50_000)
    let output = try await ChildProcess.run(
      ["sh", "-c", "cat; echo \"$0 $X\" >&2; exit 7", "a b"], environment: ["X": "y"], input: big)
    #expect(output.out == big && output.err == "a b y\n" && output.status == 7)
  }

  @Test("a program that a signal ends has a status above 128")
  func signal() async throws {
    let child = try await ChildProcess.start(["sleep", "100"])
    #expect(child.isRunning)
    child.signal(9)
    #expect(await child.wait() == 137)
    #expect(!child.isRunning)
    child.signal(9)
  }

  @Test("a program that does not exist is named")
  func missing() async throws {
    let error = try await failure { _ = try await ChildProcess.run(["no-such-program"]) }
    #expect(error.kind == .configuration && error.message.contains("no-such-program"))
  }
}
