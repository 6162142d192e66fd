import Postgres
import TestServer
import Testing

@Suite("Pooling proxy", .dropsDatabases)
struct PoolingProxyTests {
  /// A statement by name, as all of Twinmill's are.
  private let number = Statement(name: "number", text: "SELECT $1::integer, pg_backend_pid()")

  @Test("a connection knows whether a proxy lends it connections to the server")
  func recognised() async throws {
    let database = try await TestDatabase.create()
    let proxy = try await PoolingProxy.start(for: database)
    let direct = try await database.connect()
    let pooled = try await Connection.open(proxy.settings(of: database))
    #expect(!direct.isPooled)
    #expect(pooled.isPooled)
    await direct.close()
    await pooled.close()
    await proxy.stop()
  }

  @Test("statements, pipelines, transactions and COPY work on whichever connection of the server comes next")
  func works() async throws {
    let database = try await TestDatabase.create()
    let proxy = try await PoolingProxy.start(for: database, size: 3)
    let connection = try await Connection.open(proxy.settings(of: database))
    // Opens the proxy's other connections to the server.
    let others = [
      try await Connection.open(proxy.settings(of: database)), try await Connection.open(proxy.settings(of: database)),
    ]
    for other in others { try await other.script("BEGIN") }
    _ = try await connection.query("SELECT 1")
    for other in others { try await other.script("COMMIT") }

    var processes: Set<Int32> = []
    for n in 1...12 {
      let (value, process) = try await connection.query(number(Int32(n))).only().decode(Int32.self, Int32.self)
      #expect(value == Int32(n))
      processes.insert(process)
      let answers = try await connection.pipeline([number(Int32(1)), number(Int32(2)), number(Int32(3))])
      #expect(Set(try answers.map { try $0.only().decode(Int32.self, Int32.self).1 }).count == 1)
    }
    // Else this would have proved nothing.
    #expect(processes.count == 3)

    try await connection.script("CREATE TABLE t (n integer)")
    let inTransaction = try await connection.transaction { transaction in
      try await transaction.script("SET LOCAL lock_timeout = '1s'")
      try await transaction.copyIn("COPY t FROM STDIN (FORMAT binary)", rows: [[Int32(1)], [Int32(2)]])
      let (_, first) = try await transaction.query(number(Int32(1))).only().decode(Int32.self, Int32.self)
      let (_, second) = try await transaction.query(number(Int32(2))).only().decode(Int32.self, Int32.self)
      return first == second
    }
    #expect(inTransaction)
    #expect(try await connection.value("SELECT sum(n) FROM t", as: Int64.self) == 3)
    // A deadline cancels through the proxy, too, and nothing else.
    await #expect(throws: PostgresError.self) {
      try await connection.query("SELECT pg_sleep(60)", deadline: .milliseconds(50))
    }
    #expect(try await connection.value("SELECT count(*) FROM t", as: Int64.self) == 2)
    for other in others { await other.close() }
    await connection.close()
    await proxy.stop()
  }

  @Test("named statements fail behind it when the settings insist on them")
  func insisting() async throws {
    let database = try await TestDatabase.create()
    let proxy = try await PoolingProxy.start(for: database, size: 1)
    var settings = proxy.settings(of: database)
    settings.options.preparesStatements = true
    let (one, two) = (try await Connection.open(settings), try await Connection.open(settings))
    _ = try await one.query(number(Int32(1)))
    let error = try await failure { try await two.query(number(Int32(1))) }
    // Both get the same connection of the server, where the name is taken.
    #expect(error.sqlstate == "42P05")
    await one.close()
    await two.close()
    await proxy.stop()
  }

  @Test("who finds another client's statement under a name of its own takes the connection for pooled and goes on")
  func foundLate() async throws {
    let database = try await TestDatabase.create()
    let connection = try await database.connect()
    // As behind a proxy that tells the server's own process.
    try await connection.script("PREPARE \"number#1\" AS SELECT 'another client'")
    for n in 1...2 {
      #expect(try await connection.query(number(Int32(n))).only().decode(Int32.self, Int32.self).0 == Int32(n))
    }
    #expect(connection.isPooled)
    #expect(try await connection.query("SELECT 1 FROM pg_prepared_statements").count == 1)
    await connection.close()
  }

  @Test("an option of the URL that the proxy refuses is named with a remedy")
  func startupParameters() async throws {
    let database = try await TestDatabase.create()
    let proxy = try await PoolingProxy.start(for: database)
    var settings = proxy.settings(of: database)
    settings.url? += "&options=-c%20statement_timeout%3D12s"
    let error = try await failure { _ = try await Connection.open(settings) }
    #expect(error.kind == .connectFailed)
    #expect(error.hint?.contains("ignore_startup_parameters") == true, "\(error)")
    await proxy.stop()
  }
}
