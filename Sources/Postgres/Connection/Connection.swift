import CLibpq
import Synchronization

/// One connection to PostgreSQL: one actor, one libpq connection, one thread of its own.
///
/// Calls from several tasks take turns. A transaction belongs to the connection, not to a task: give a connection to
/// one task at a time, as `Pool` does.
public actor Connection {
  private let thread: ConnectionThread
  let link: Link
  private var lastTicket: UInt64 = 0

  /// The connection's thread.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  private init(_ settings: ConnectionSettings) throws(PostgresError) {
    thread = try ConnectionThread()
    link = Link(settings: settings, thread: thread)
    try thread.start(link)
  }

  deinit { thread.stop() }

  /// Opens a connection.
  /// - Throws: kind `configuration` for a connection string that cannot be read, `connectFailed` with host, port,
  ///   database, user and a remedy, or `cancelled`.
  public static func open(_ settings: ConnectionSettings) async throws(PostgresError) -> Connection {
    let connection = try Connection(settings)
    try await connection.connect()
    return connection
  }

  private func connect() async throws(PostgresError) {
    try await cancellable { (ticket) throws(PostgresError) in try link.connect(ticket: ticket) }
  }

  /// Closes the connection; its thread ends. Calls after this fail with kind `closed`.
  public func close() async {
    link.finish()
    thread.stop()
  }

  /// The settings that it was opened with.
  public nonisolated var settings: ConnectionSettings { link.settings }

  /// True once the connection is of no further use: lost, closed, or dropped because the server did not answer. The
  /// idle connection notices by itself.
  public nonisolated var isDead: Bool { link.status.isDead.load(ordering: .acquiring) }

  /// True if no transaction and no COPY is open.
  nonisolated var isIdle: Bool { link.status.isIdle.load(ordering: .acquiring) }

  /// The server process's id, as in `pg_stat_activity`; known while a statement runs, too.
  public nonisolated var serverProcess: Int32 { link.status.serverProcess.load(ordering: .relaxed) }

  /// True if a proxy in between lends its own connections to the server, as PgBouncer does. Nothing of the session may
  /// be relied on then: no LISTEN, no session-level lock, no setting beyond the transaction.
  public nonisolated var isPooled: Bool { link.status.isPooled.load(ordering: .relaxed) }

  /// The server's version: 150018 for 15.18.
  public nonisolated var serverVersion: Int { link.status.serverVersion.load(ordering: .relaxed) }

  /// Runs one statement.
  /// - Parameters:
  ///   - sql: the statement; a named one is prepared at its first use.
  ///   - deadline: how long it may take; nil takes the settings' 30 s.
  /// - Throws: `server` with the SQLSTATE, `deadlineExceeded`, `cancelled`, `connectionLost`, `encoding`. The connection
  ///   stays usable unless `isDead`.
  @discardableResult
  public func query(_ sql: SQL, deadline: Duration? = nil) async throws(PostgresError) -> Rows {
    try await run(deadline) { (link) throws(PostgresError) in try link.query(sql) }
  }

  /// Runs several statements in one round trip: one transaction, unless they contain BEGIN or COMMIT or run inside of
  /// one. After an error none of the later statements runs.
  /// - Throws: as `query`; `statementName` and `statementIndex` tell which statement failed.
  @discardableResult
  public func pipeline(_ statements: [SQL], deadline: Duration? = nil) async throws(PostgresError) -> [Rows] {
    try await run(deadline) { (link) throws(PostgresError) in try link.pipeline(statements) }
  }

  /// Runs a text of several statements without parameters, as one transaction unless they say otherwise.
  /// - Throws: as `query`, with the line of the error.
  public func script(_ text: String, deadline: Duration? = nil) async throws(PostgresError) {
    try await run(deadline) { (link) throws(PostgresError) in try link.script(text) }
  }

  /// The notifications that arrive from now on, on the channels that this connection LISTENs to. The stream ends when
  /// the connection dies. A consumer that falls behind by more than 4,096 notifications loses the oldest.
  public nonisolated func notifications() -> AsyncStream<Notification> { link.hub.stream() }

  // MARK: Operations

  /// Runs an operation that the calling task's cancellation stops.
  func run<T>(
    _ deadline: Duration?, continuesCopy: Bool = false, _ body: (Link) throws(PostgresError) -> T
  ) async throws(PostgresError) -> T {
    try await cancellable { (ticket) throws(PostgresError) in
      try link.perform(ticket: ticket, limit: deadline, continuesCopy: continuesCopy) { () throws(PostgresError) in
        try body(link)
      }
    }
  }

  /// Runs an operation to its end, whatever becomes of the calling task.
  func runToEnd<T>(
    _ deadline: Duration?, continuesCopy: Bool = false, _ body: (Link) throws(PostgresError) -> T
  ) throws(PostgresError) -> T {
    try link.perform(ticket: 0, limit: deadline, continuesCopy: continuesCopy) { () throws(PostgresError) in
      try body(link)
    }
  }

  private func cancellable<T>(_ body: (UInt64) throws(PostgresError) -> T) async throws(PostgresError) -> T {
    lastTicket += 1
    let ticket = lastTicket
    // Capturing `self` is what keeps the closure on the actor, and so on its thread.
    let result = await withTaskCancellationHandler {
      self.attempt(ticket, body)
    } onCancel: { [status = link.status, thread] in
      status.cancelledTicket.store(ticket, ordering: .releasing)
      thread.wake()
    }
    return try result.get()
  }

  /// Does not suspend, so that no other call gets between. Typed errors do not pass through the handler's closure.
  private func attempt<T>(_ ticket: UInt64, _ body: (UInt64) throws(PostgresError) -> T) -> Result<T, PostgresError> {
    do throws(PostgresError) {
      return .success(try body(ticket))
    } catch {
      return .failure(error)
    }
  }
}
