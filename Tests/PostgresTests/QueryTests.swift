import Postgres
import PostgresServer
import Synchronization
import TestServer
import Testing

/// Waits until a statement whose text contains `text` is running in the database.
func statementRuns(_ text: String, in db: TestDatabase, on connection: Connection) async throws {
  while true {
    let count = try await connection.query(
      """
      SELECT count(*) FROM pg_stat_activity
      WHERE datname = \(db.name) AND state = 'active' AND pid <> pg_backend_pid() AND query LIKE \("%\(text)%")
      """
    ).only().decode(Int.self)
    if count > 0 { return }
    await Task.yield()
  }
}

/// The error that `body` throws.
func failure(
  of body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> PostgresError {
  do {
    try await body()
  } catch let error as PostgresError {
    return error
  }
  throw try #require(nil as PostgresError?, "nothing was thrown", sourceLocation: sourceLocation)
}

@Suite("Queries")
struct QueryTests {
  @Test("a statement answers with typed rows, and a named column is found by name")
  func basics() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    let rows = try await connection.query("SELECT n, n * 2 AS twice FROM generate_series(1, \(3)) AS n")
    #expect(rows.count == 3 && rows.columns == ["n", "twice"] && rows.affected == 3)
    #expect(try rows.map { try $0.get("twice", as: Int.self) } == [2, 4, 6])
    #expect(try rows[2].decode(Int.self) == 3)
    #expect(throws: PostgresError.self) { try rows.only() }
    #expect(connection.serverVersion > 100_000)
    await connection.close()
    await db.drop()
  }

  @Test("a server error carries SQLSTATE, detail, hint, constraint, table and statement; the connection goes on")
  func errorFields() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    try await connection.script("CREATE TABLE t (n int CONSTRAINT positive CHECK (n > 0) PRIMARY KEY)")
    let insert = Statement(name: "insert_t", text: "INSERT INTO t VALUES ($1)")
    try await connection.query(insert(Int32(1)))
    var error = try await failure { try await connection.query(insert(Int32(1))) }
    #expect(error.kind == .server && error.sqlstate == "23505")
    #expect(error.constraint == "t_pkey" && error.table == "t" && error.schema == "public")
    #expect(error.detail == "Key (n)=(1) already exists.")
    #expect(error.statementName == "insert_t" && error.statementIndex == nil)
    #expect(!"\(error)".contains("(1)"))
    error = try await failure { try await connection.query("SELECT nonsense") }
    #expect(error.sqlstate == "42703" && error.position == 8)
    error = try await failure {
      try await connection.script("SELECT 1;\nDO $$ BEGIN RAISE 'no' USING HINT = 'do', ERRCODE = '22023'; END $$")
    }
    #expect(error.sqlstate == "22023" && error.hint == "do" && error.context != nil)
    error = try await failure { try await connection.script("SELECT 1;\nSELECT nonsense;") }
    #expect(error.message.hasSuffix("(line 2)"))
    #expect(try await connection.query("SELECT 1").count == 1)
    await connection.close()
    await db.drop()
  }

  @Test("a parameter that cannot be encoded is refused before anything is sent")
  func badParameter() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    let error = try await failure { try await connection.query("SELECT \(1), \("a\0b")") }
    #expect(error.kind == .encoding && error.message.hasPrefix("parameter $2"))
    #expect(try await connection.query("SELECT 1").count == 1)
    await connection.close()
    await db.drop()
  }

  @Test("a named statement is prepared once per connection, an ad-hoc one never")
  func prepared() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    let double = Statement(name: "double", text: "SELECT $1 * 2")
    for value in 1...5 { #expect(try await connection.query(double(value)).only().decode(Int.self) == value * 2) }
    try await connection.query("SELECT \(1)")
    let names = try await connection.query(
      "SELECT name, calls FROM (SELECT name, generic_plans + custom_plans AS calls FROM pg_prepared_statements) AS p")
    #expect(names.count == 1)
    #expect(try names[0].get("name", as: String.self) == "double#1")
    #expect(try names[0].get("calls", as: Int.self) == 5)
    // Another type is another statement; a NULL fits the known one.
    #expect(try await connection.query(double(1.5)).only().decode(Double.self) == 3)
    let nothing = try await connection.query(double(nil)).only().decode(Double?.self)
    #expect(nothing == nil)
    await connection.close()
    await db.drop()
  }

  @Test("nothing is prepared when the settings say so")
  func notPrepared() async throws {
    let db = try await TestDatabase.create()
    var settings = db.settings
    settings.options.preparesStatements = false
    let connection = try await Connection.open(settings)
    let one = Statement(name: "one", text: "SELECT 1")
    _ = try await connection.pipeline([one(), one()])
    #expect(try await connection.query(one()).count == 1)
    #expect(try await connection.query("SELECT 1 FROM pg_prepared_statements").count == 0)
    await connection.close()
    await db.drop()
  }

  @Test("a statement whose result type changed, or that the server forgot, is prepared again")
  func stalePlans() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    try await connection.script("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
    let all = Statement(name: "all", text: "SELECT * FROM t")
    #expect(try await connection.query(all()).columns == ["a"])
    try await connection.script("ALTER TABLE t ADD COLUMN b int")
    #expect(try await connection.query(all()).columns == ["a", "b"])
    try await connection.script("DEALLOCATE ALL")
    #expect(try await connection.query(all()).columns == ["a", "b"])
    try await connection.script("ALTER TABLE t ADD COLUMN c int")
    #expect(try await connection.pipeline(["SELECT 1", all()])[1].columns == ["a", "b", "c"])
    // Inside of a transaction the error has ended it: it shows, and the next use outside is well again.
    try await connection.script("ALTER TABLE t ADD COLUMN d int")
    let error = try await failure {
      try await connection.transaction { connection in _ = try await connection.query(all()) }
    }
    #expect(error.sqlstate == "0A000")
    #expect(try await connection.query(all()).columns == ["a", "b", "c", "d"])
    await connection.close()
    await db.drop()
  }

  @Test("a pipeline is one transaction, and its error tells the statement")
  func pipeline() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    try await connection.script("CREATE TABLE t (n bigint PRIMARY KEY)")
    let insert = Statement(name: "insert", text: "INSERT INTO t VALUES ($1)")
    let results = try await connection.pipeline([insert(1), insert(2), "SELECT count(*) FROM t"])
    #expect(try results[2].only().decode(Int.self) == 2)
    for _ in 0..<2 {
      let error = try await failure {
        try await connection.pipeline(["SELECT 1", insert(3), insert(1), insert(4)])
      }
      #expect(error.sqlstate == "23505" && error.statementName == "insert" && error.statementIndex == 2)
      #expect("\(error)".contains("number 3 of the pipeline"))
      #expect(try await connection.query("SELECT count(*) FROM t").only().decode(Int.self) == 2)
    }
    // The first use fails while it is prepared.
    let broken = Statement(name: "broken", text: "SELECT nonsense")
    let error = try await failure { try await connection.pipeline([insert(5), broken()]) }
    #expect(error.statementName == "broken" && error.sqlstate == "42703")
    #expect(try await connection.pipeline([]).isEmpty)
    #expect(try await connection.query("SELECT count(*) FROM t").only().decode(Int.self) == 2)
    await connection.close()
    await db.drop()
  }

  @Test("a pipeline of megabytes both ways does not deadlock")
  func largePipeline() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    let echo = Statement(name: "echo", text: "SELECT $1")
    let block = String(repeating: "x", count: 100_000)
    let results = try await connection.pipeline((0..<200).map { _ in echo(block) })
    #expect(results.count == 200)
    #expect(try results[199].only().decode(String.self).utf8.count == 100_000)
    await connection.close()
    await db.drop()
  }

  @Test("the deadline cancels a statement, and the connection stays usable")
  func deadline() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    let process = connection.serverProcess
    for _ in 0..<20 {
      let error = try await failure { try await connection.query("SELECT pg_sleep(60)", deadline: .milliseconds(5)) }
      #expect(error.kind == .deadlineExceeded && error.sqlstate == "57014" && !error.isConnectionLoss)
      #expect(try await connection.query("SELECT pg_backend_pid()").only().decode(Int32.self) == process)
    }
    let error = try await failure {
      try await connection.pipeline(["SELECT 1", "SELECT pg_sleep(60)"], deadline: .milliseconds(5))
    }
    #expect(error.kind == .deadlineExceeded && error.statementIndex == 1)
    #expect(try await connection.query("SELECT 1").count == 1)
    await connection.close()
    await db.drop()
  }

  @Test("a cancelled task ends its statement, and the connection stays usable")
  func cancellation() async throws {
    let db = try await TestDatabase.create()
    let (connection, watcher) = (try await db.connect(), try await db.connect())
    let task = Task { try await connection.query("SELECT pg_sleep(60)") }
    try await statementRuns("pg_sleep", in: db, on: watcher)
    task.cancel()
    let error = try await failure { _ = try await task.value }
    #expect(error.kind == .cancelled && error.sqlstate == "57014")
    #expect(try await connection.query("SELECT 1").count == 1)
    let early = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      _ = try await connection.query("SELECT 1")
    }
    let second = try await failure { try await early.value }
    #expect(second.kind == .cancelled && second.sqlstate == nil)
    await connection.close()
    await watcher.close()
    await db.drop()
  }

  @Test("a server process that does not answer even a cancellation costs the connection, not the caller")
  func unresponsive() async throws {
    let db = try await TestDatabase.create()
    var settings = db.settings
    settings.options.cancelGrace = .milliseconds(50)
    let connection = try await Connection.open(settings)
    let process = connection.serverProcess
    _ = try await ChildProcess.run(["kill", "-STOP", String(process)])
    let error = try await failure { try await connection.query("SELECT 1", deadline: .milliseconds(5)) }
    #expect(error.kind == .deadlineExceeded && error.isConnectionLoss)
    #expect(connection.isDead)
    _ = try await ChildProcess.run(["kill", "-CONT", String(process)])
    let later = try await failure { try await connection.query("SELECT 1") }
    #expect(later.kind == .connectionLost)
    await connection.close()
    await db.drop()
  }

  @Test("a terminated server process is a connection loss with its SQLSTATE")
  func terminated() async throws {
    let db = try await TestDatabase.create()
    let (connection, other) = (try await db.connect(), try await db.connect())
    let task = Task { try await connection.query("SELECT pg_sleep(60)") }
    try await statementRuns("pg_sleep", in: db, on: other)
    try await other.query("SELECT pg_terminate_backend(\(connection.serverProcess))")
    let error = try await failure { _ = try await task.value }
    #expect(error.kind == .connectionLost && error.sqlstate == "57P01" && error.isConnectionLoss)
    #expect(connection.isDead)
    await other.close()
    await db.drop()
  }

  @Test("a closed connection refuses, and its error says so")
  func closed() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    await connection.close()
    await connection.close()
    let error = try await failure { try await connection.query("SELECT 1") }
    #expect(error.kind == .closed && error.isConnectionLoss)
    await db.drop()
  }

  @Test("notices go to the handler")
  func notices() async throws {
    let db = try await TestDatabase.create()
    let seen = Mutex<[Notice]>([])
    var settings = db.settings
    settings.options.onNotice = { notice in seen.withLock { $0.append(notice) } }
    let connection = try await Connection.open(settings)
    try await connection.script("DO $$ BEGIN RAISE WARNING 'careful' USING HINT = 'slow' , ERRCODE = '01000'; END $$")
    #expect(
      seen.withLock { $0 }
        == [Notice(severity: "WARNING", sqlstate: "01000", message: "careful", hint: "slow")])
    await connection.close()
    await db.drop()
  }

  @Test("COPY through query is refused, and the connection stays usable")
  func copyMisuse() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    try await connection.script("CREATE TABLE t (n bigint)")
    for sql in ["COPY t FROM STDIN", "COPY (SELECT generate_series(1, 100000)) TO STDOUT"] as [SQL] {
      let error = try await failure { try await connection.query(sql) }
      #expect(error.kind == .misuse)
      #expect(try await connection.query("SELECT 1").count == 1)
    }
    await connection.close()
    await db.drop()
  }

  @Test("more parameters than the protocol can carry are refused")
  func tooManyParameters() async throws {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    var interpolation = SQL.StringInterpolation(literalCapacity: 0, interpolationCount: 0)
    for value in 0..<65_536 { interpolation.appendInterpolation(value) }
    let sql = SQL(stringInterpolation: interpolation)
    let error = try await failure { try await connection.query(sql) }
    #expect(error.kind == .encoding && error.message.contains("65,535"))
    await connection.close()
    await db.drop()
  }
}
