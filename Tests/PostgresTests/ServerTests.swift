import FoundationEssentials
import Postgres
import TestServer
import Testing

@Suite("PrivateServer")
struct ServerTests {
  @Test("committed data survives a fast and an immediate restart; connections notice both", .timeLimit(.minutes(2)))
  func restarts() async throws {
    let server = try await TestServer.own(durability: .full)
    var connection = try await Connection.open(ConnectionSettings(url: server.url()))
    try await connection.script("CREATE TABLE t (n bigint)")
    for (number, mode) in [PrivateServer.Shutdown.fast, .immediate].enumerated() {
      try await connection.query("INSERT INTO t VALUES (\(number))")
      let stream = connection.notifications()
      try await server.restart(mode)
      for await _ in stream {}
      #expect(connection.isDead)
      connection = try await Connection.open(ConnectionSettings(url: server.url()))
      #expect(try await connection.query("SELECT count(*) FROM t").only().decode(Int.self) == number + 1)
    }
    await server.stop(.fast)
    let error = try await failure { _ = try await Connection.open(ConnectionSettings(url: server.url())) }
    #expect(error.kind == .connectFailed)
    // The folder is used again.
    let again = try await PrivateServer.start(in: server.folder)
    let second = try await Connection.open(ConnectionSettings(url: again.url()))
    #expect(try await second.query("SELECT count(*) FROM t").only().decode(Int.self) == 2)
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

  @Test("a template is filled once, and each test gets its own copy")
  func templates() async throws {
    let make = {
      try await TestDatabase.create(from: "postgres_tests") { connection in
        try await connection.script("CREATE TABLE t AS SELECT 1 AS n")
      }
    }
    async let pair = (make(), make())
    let (one, two) = try await pair
    #expect(one.name != two.name)
    #expect(try await one.psql("DELETE FROM t").status == 0)
    let left = try await two.psql("SELECT n FROM t", options: ["-At"])
    #expect(left.out == "1\n" && left.err.isEmpty)
    await one.drop()
    await two.drop()
  }

  @Test("psql stops at the first error and shows it in full")
  func psqlErrors() async throws {
    let db = try await TestDatabase.create()
    let result = try await db.psql("SELECT nonsense;\nSELECT 1")
    #expect(result.status == 3 && result.err.contains("42703") && !result.out.contains("1"))
    await db.drop()
  }
}

@Suite("ChildProcess")
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
