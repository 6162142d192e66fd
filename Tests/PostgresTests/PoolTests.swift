import Postgres
import TestServer
import Testing

@Suite("Pool")
struct PoolTests {
  private struct Unrelated: Error {}

  @Test("many callers share few connections")
  func sharing() async throws {
    let db = try await TestDatabase.create()
    let pool = Pool(db.settings, size: 3)
    let processes = try await withThrowingTaskGroup(of: Int32.self) { group in
      for _ in 0..<60 {
        group.addTask { try await pool.query("SELECT pg_backend_pid()").only().decode(Int32.self) }
      }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect((1...3).contains(processes.count))
    #expect((processes.count...3).contains(await pool.connectionCount))
    await pool.close()
    await db.drop()
  }

  @Test("a connection comes back rolled back when its borrower throws or forgets a transaction")
  func rollback() async throws {
    let db = try await TestDatabase.create()
    let pool = Pool(db.settings, size: 1)
    try await pool.query("CREATE TABLE t (n int)")
    await #expect(throws: Unrelated.self) {
      try await pool.withConnection { connection in
        try await connection.query("BEGIN")
        try await connection.query("INSERT INTO t VALUES (1)")
        throw Unrelated()
      }
    }
    try await pool.withConnection { connection in
      try await connection.query("BEGIN")
      try await connection.query("INSERT INTO t VALUES (2)")
    }
    #expect(try await pool.query("SELECT count(*) FROM t").only().decode(Int.self) == 0)
    await pool.close()
    await db.drop()
  }

  @Test("a dead connection is replaced, whether it died in use or idle")
  func replacement() async throws {
    let db = try await TestDatabase.create()
    let (pool, killer) = (Pool(db.settings, size: 1), try await db.connect())
    let first = try await pool.withConnection { connection in
      let process = connection.serverProcess
      try await killer.query("SELECT pg_terminate_backend(\(process), 600000)")
      await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
      return process
    }
    let second = try await pool.withConnection { connection in
      (process: connection.serverProcess, connection: connection)
    }
    #expect(first != second.process)
    let stream = second.connection.notifications()
    try await killer.query("SELECT pg_terminate_backend(\(second.process), 600000)")
    for await _ in stream {}
    let third = try await pool.withConnection { $0.serverProcess }
    #expect(third != second.process)
    await pool.close()
    await killer.close()
    await db.drop()
  }

  @Test("a waiting caller that is cancelled leaves the queue, and the others are served")
  func cancellation() async throws {
    let db = try await TestDatabase.create()
    let pool = Pool(db.settings, size: 1)
    try await pool.withConnection { _ in
      let waiting = Task { try await pool.query("SELECT 1") }
      waiting.cancel()
      let error = try await failure { _ = try await waiting.value }
      #expect(error.kind == .cancelled)
    }
    #expect(try await pool.query("SELECT 1").count == 1)
    await pool.close()
    await db.drop()
  }

  @Test("a closed pool refuses; callers learn why no connection could be opened")
  func refusals() async throws {
    let db = try await TestDatabase.create()
    let pool = Pool(db.settings, size: 2)
    try await pool.query("SELECT 1")
    await pool.close()
    var error = try await failure { _ = try await pool.query("SELECT 1") }
    #expect(error.kind == .closed)
    var settings = db.settings
    settings.url = db.server.url(database: "missing")
    let wrong = Pool(settings, size: 2)
    error = try await failure { _ = try await wrong.query("SELECT 1") }
    #expect(error.kind == .connectFailed && error.sqlstate == "3D000")
    error = try await failure { _ = try await wrong.query("SELECT 1") }
    #expect(error.kind == .connectFailed)
    await wrong.close()
    await db.drop()
  }
}
