import Postgres
import TestServer
import Testing

@Suite("Transactions", .dropsDatabases)
struct TransactionTests {
  private struct Unrelated: Error {}

  private func prepare() async throws -> (TestDatabase, Connection, Connection) {
    let db = try await TestDatabase.create()
    let connection = try await db.connect()
    try await connection.script("CREATE TABLE t (n bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    return (db, connection, try await db.connect())
  }

  private func count(_ connection: Connection) async throws -> Int {
    try await connection.query("SELECT count(*) FROM t").only().decode(Int.self)
  }

  @Test("a transaction commits when its body returns and rolls back when it throws")
  func commitAndRollback() async throws {
    let (_, connection, other) = try await prepare()
    let value = try await connection.transaction { connection in
      try await connection.query("INSERT INTO t VALUES (1)")
      #expect(try await count(other) == 0)
      return 7
    }
    #expect(value == 7)
    #expect(try await count(other) == 1)
    await #expect(throws: Unrelated.self) {
      try await connection.transaction { connection in
        try await connection.query("INSERT INTO t VALUES (2)")
        throw Unrelated()
      }
    }
    #expect(try await count(connection) == 1)
  }

  @Test("a cancelled task's transaction is rolled back")
  func cancelled() async throws {
    let (db, connection, other) = try await prepare()
    let task = Task {
      try await connection.transaction { connection in
        try await connection.query("INSERT INTO t VALUES (1)")
        try await connection.query("SELECT pg_sleep(60)")
      }
    }
    try await statementRuns("pg_sleep", in: db, on: other)
    task.cancel()
    let error = try await failure { _ = try await task.value }
    #expect(error.kind == .cancelled)
    #expect(try await count(connection) == 0)
    // Also when the body does not notice.
    let quiet = Task {
      try await connection.transaction { connection in
        try await connection.query("INSERT INTO t VALUES (1)")
        withUnsafeCurrentTask { $0?.cancel() }
      }
    }
    let second = try await failure { _ = try await quiet.value }
    #expect(second.kind == .cancelled)
    #expect(try await count(connection) == 0)
  }

  @Test("a swallowed error cannot pass for a commit")
  func swallowed() async throws {
    let (_, connection, _) = try await prepare()
    let error = try await failure {
      try await connection.transaction { connection in
        try await connection.query("INSERT INTO t VALUES (1)")
        await #expect(throws: PostgresError.self) { try await connection.query("SELECT nonsense") }
      }
    }
    #expect(error.kind == .transactionAborted)
    #expect(try await count(connection) == 0)
  }

  @Test("an error at COMMIT is the server's own, and known to have rolled back")
  func deferredConstraint() async throws {
    let (_, connection, _) = try await prepare()
    let error = try await failure {
      _ = try await connection.transaction { connection in
        try await connection.query("INSERT INTO t VALUES (1), (1)")
      }
    }
    #expect(error.kind == .server && error.sqlstate == "23505")
    #expect(try await count(connection) == 0)
  }

  @Test("a connection that breaks during COMMIT leaves the outcome unknown, before COMMIT known")
  func commitUnknown() async throws {
    let (db, connection, other) = try await prepare()
    // A deferred trigger lets COMMIT wait for a lock that the test holds.
    try await connection.script(
      """
      CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
        EXECUTE FUNCTION wait();
      """)
    try await other.query("SELECT pg_advisory_lock(1)")
    let task = Task {
      try await connection.transaction { connection in try await connection.query("INSERT INTO t VALUES (1)") }
    }
    // Its COMMIT, and not BEGIN … READ COMMITTED.
    let server = try await other.processWaitingForLock()
    try await other.query("SELECT pg_terminate_backend(\(server))")
    let error = try await failure { _ = try await task.value }
    #expect(error.kind == .commitUnknown && error.isConnectionLoss)
    let second = try await db.connect()
    let known = try await failure {
      try await second.transaction { connection in
        try await other.query("SELECT pg_terminate_backend(\(connection.serverProcess), 600000)")
        await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
      }
    }
    #expect(known.kind == .connectionLost)
  }

  @Test("a read-only transaction sees one snapshot and refuses writes without losing the connection")
  func readOnly() async throws {
    let (_, connection, other) = try await prepare()
    let error = try await failure {
      try await connection.transaction(readOnly: true) { connection in
        #expect(try await count(connection) == 0)
        try await other.query("INSERT INTO t VALUES (1)")
        #expect(try await count(connection) == 0)
        try await connection.query("INSERT INTO t VALUES (2)")
      }
    }
    #expect(error.sqlstate == "25006" && !error.isConnectionLoss && !connection.isDead)
    #expect(try await count(connection) == 1)
    let level = try await connection.transaction(isolation: .serializable) { connection in
      try await connection.query("SHOW transaction_isolation").only().decode(String.self)
    }
    #expect(level == "serializable")
  }

  @Test("S5: a read-only transaction leaves the session's settings as they were, and sends no notification")
  func readOnlyLeavesNothing() async throws {
    let (_, connection, other) = try await prepare()
    let notifications = other.notifications()
    try await other.script("LISTEN leak")
    let settings: SQL = "SELECT current_setting('search_path') || ' ' || current_setting('work_mem')"
    let before: String = try await connection.value(settings)
    try await connection.transaction(readOnly: true) { connection in
      try await connection.query("SELECT set_config('search_path', 'evil', false)")
      try await connection.query("SELECT set_config('work_mem', '1MB', false)")
      try await connection.query("SELECT pg_notify('leak', 'read')")
    }
    #expect(try await connection.value(settings) == before)
    try await connection.query("SELECT pg_notify('leak', 'last')")
    var heard: [String] = []
    for await notification in notifications {
      heard.append(notification.payload)
      if notification.payload == "last" { break }
    }
    #expect(heard == ["last"])
    // A swallowed error is still found.
    let error = try await failure {
      try await connection.transaction(readOnly: true) { connection in
        _ = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1 / 0") }
      }
    }
    #expect(error.kind == .transactionAborted)
  }

  @Test("a write refused by a server that only reads costs the connection")
  func readOnlyServer() async throws {
    let db = try await TestDatabase.create()
    var settings = db.settings
    settings.options.sessionSettings = ["default_transaction_read_only": "on"]
    let connection = try await Connection.open(settings)
    let error = try await failure { try await connection.query("CREATE TABLE t ()") }
    #expect(error.sqlstate == "25006" && error.isConnectionLoss && connection.isDead)
  }

  @Test("transactions do not nest")
  func nested() async throws {
    let (_, connection, _) = try await prepare()
    let error = try await failure {
      try await connection.transaction { connection in
        try await connection.transaction { _ in }
      }
    }
    #expect(error.kind == .misuse)
    #expect(try await count(connection) == 0)
  }

  @Test("of two serializable transactions that disagree one is retryable")
  func serialization() async throws {
    let (_, connection, other) = try await prepare()
    let error = try await failure {
      try await connection.transaction(isolation: .serializable) { connection in
        _ = try await count(connection)
        try await other.transaction(isolation: .serializable) { other in
          _ = try await count(other)
          try await other.query("INSERT INTO t VALUES (1)")
        }
        try await connection.query("INSERT INTO t VALUES (2)")
      }
    }
    #expect(error.sqlstate == "40001" && error.isRetryable && !error.isConnectionLoss)
  }

  @Test("a transaction's body runs where it was called, with the caller's state at hand")
  func isolation() async throws {
    let (_, connection, _) = try await prepare()
    let counter = Counter()
    try await counter.count(on: connection)
    #expect(await counter.value == 2)
  }

  private actor Counter {
    var value = 0

    func count(on connection: Connection) async throws {
      try await connection.transaction { connection in
        value += 1
        try await connection.query("SELECT 1")
        value += 1
        assertIsolated()
      }
    }
  }
}
