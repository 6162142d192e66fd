import CLibpq
import Glibc
import Logging

/// The libpq side of a connection: sends, waits, receives.
///
/// `@unchecked Sendable`: apart from its immutable members (`status`, `hub`, `settings`: all Sendable) it is used on
/// the connection's thread only: by the actor, whose executor that thread is, and by the thread itself when it is idle.
final class Link: @unchecked Sendable {
  let settings: ConnectionSettings
  let status = LinkStatus()
  let hub = NotificationHub()
  /// The thread owns the link and outlives it.
  unowned let thread: ConnectionThread

  /// The `PGconn`; nil before connecting and after the end.
  var handle: OpaquePointer?
  /// Why there is no handle any more.
  var loss: PostgresError?
  /// A cancellation under way: until it has reached the server it could hit the next statement.
  var canceller: Canceller?
  var operation = Operation(ticket: 0, deadline: Instant(nanoseconds: 0), limit: .zero)
  var prepared = PreparedStatements()
  /// Whether named statements are prepared on this connection.
  var preparesStatements = true
  /// A COPY was begun and not ended yet.
  var isCopying = false
  /// The open transaction was begun by us as READ ONLY.
  var isReadOnlyTransaction = false
  /// The last FATAL message that came while the connection was idle.
  var lastFatal: Notice?

  /// One use of the connection by one caller.
  struct Operation {
    /// Identifies the caller for its task's cancellation; 0 cannot be cancelled.
    let ticket: UInt64
    let deadline: Instant
    /// The deadline as the caller gave it, for the message.
    let limit: Duration
    /// Why a cancellation was sent to the server.
    var interruption: PostgresError.Kind?
    /// When we stop to wait for the server's answer to the cancellation.
    var graceEnd: Instant?
    /// When to repeat a cancellation that has had no effect, and how long to wait after that.
    var nextCancellation = Instant(nanoseconds: 0)
    var cancellationPause = Duration.milliseconds(50)
  }

  init(settings: ConnectionSettings, thread: ConnectionThread) {
    self.settings = settings
    self.thread = thread
  }

  /// True between BEGIN and the transaction's end.
  var isInTransaction: Bool {
    guard let handle else { return false }
    return PQtransactionStatus(handle) != PQTRANS_IDLE
  }

  /// True in a transaction that a failed statement has ended: it can only be rolled back.
  var hasFailedStatement: Bool {
    guard let handle else { return false }
    return PQtransactionStatus(handle) == PQTRANS_INERROR
  }

  /// The handle of a living connection.
  /// - Throws: why there is none.
  func alive() throws(PostgresError) -> OpaquePointer {
    assert(thread.isCurrent, "libpq is used outside of the connection's thread")
    if let handle { return handle }
    if let loss { throw loss }
    throw PostgresError(.closed, "the connection is closed", hint: "open another one")
  }

  /// Runs one operation: sets its deadline, and leaves the connection ready for the next, or dead.
  /// - Parameters:
  ///   - ticket: the caller's, or 0 for what no cancellation may stop.
  ///   - limit: the round trip's deadline; nil takes the settings'.
  ///   - continuesCopy: true for the steps of a COPY.
  ///   - body: sends and receives; it must have read the answer to its end, unless it throws because the link is dead.
  func perform<T>(
    ticket: UInt64, limit: Duration?, continuesCopy: Bool = false, _ body: () throws(PostgresError) -> T
  ) throws(PostgresError) -> T {
    _ = try alive()
    guard isCopying == continuesCopy else {
      throw PostgresError(
        .misuse, isCopying ? "a COPY is under way on this connection" : "no COPY is under way on this connection",
        hint: "use another connection, or end the COPY first")
    }
    if ticket != 0, status.cancelledTicket.load(ordering: .acquiring) == ticket {
      throw PostgresError(.cancelled, "the task was cancelled before the statement was sent")
    }
    let limit = limit ?? settings.options.roundTripDeadline
    operation = Operation(ticket: ticket, deadline: Instant.now.advanced(by: limit), limit: limit)
    defer { publishStatus() }
    do throws(PostgresError) {
      #if FAULT_INJECTION
        let value = try losing(body)
      #else
        let value = try body()
      #endif
      let transactionWasHit = try settle()
      if let kind = operation.interruption, isCopying || transactionWasHit { throw interruptionError(kind) }
      return value
    } catch {
      if handle != nil {
        if error.isConnectionLoss { die(of: error) } else { try settle() }
      }
      guard let kind = operation.interruption, error.sqlstate == "57014" || error.kind == .connectionLost else {
        throw error
      }
      throw interruptionError(kind).changing { [ends = error.isConnectionLoss] in
        $0.sqlstate = error.sqlstate
        $0.statementName = error.statementName
        $0.statementIndex = error.statementIndex
        $0.endsConnection = ends
        if ends { $0.message += "; the server did not answer the cancellation either: the connection was dropped" }
      }
    }
  }

  private func interruptionError(_ kind: PostgresError.Kind) -> PostgresError {
    kind == .cancelled
      ? PostgresError(.cancelled, "the task was cancelled, and the statement with it")
      : PostgresError(
        .deadlineExceeded, "no answer within \(operation.limit); the statement was cancelled",
        hint: "give the call a longer deadline, or look into pg_stat_activity and pg_locks for what it waits for")
  }

  private func publishStatus() {
    if !isInTransaction { isReadOnlyTransaction = false }
    status.isIdle.store(!isCopying && !isInTransaction, ordering: .releasing)
  }

  /// Ends the connection for good.
  func die(of error: PostgresError) {
    loss = loss ?? error
    finish()
  }

  /// Closes the connection, if it is open.
  func finish() {
    assert(thread.isCurrent, "libpq is used outside of the connection's thread")
    if let handle { PQfinish(handle) }
    handle = nil
    isCopying = false
    prepared = PreparedStatements()
    status.isDead.store(true, ordering: .releasing)
    hub.finish()
  }

  /// Ends the connection after libpq found it broken.
  func lose(because error: PostgresError? = nil) -> PostgresError {
    let reason = error?.message ?? lastFatal?.message ?? handle.map { trimmedMessage(PQerrorMessage($0)) } ?? ""
    var draft = PostgresError.Draft(
      kind: .connectionLost, message: "the connection to the server was lost\(reason.isEmpty ? "" : ": \(reason)")")
    draft.sqlstate = error?.sqlstate ?? lastFatal?.sqlstate ?? "08006"
    draft.endsConnection = true
    let lost = PostgresError(draft)
    die(of: lost)
    return lost
  }

  // MARK: While idle

  /// The socket to watch while there is nothing to do; nil for a dead connection.
  var idleSocket: Int32? {
    guard let handle, !isCopying else { return nil }
    let socket = PQsocket(handle)
    return socket >= 0 ? socket : nil
  }

  /// Something arrived that was not asked for: a notification, a changed parameter, or the end.
  func receiveWhileIdle() {
    guard let handle else { return }
    let isOpen = consume(handle)
    // Parses what has arrived, also in front of an end.
    deliverNotifications(handle)
    if !isOpen || PQstatus(handle) == CONNECTION_BAD {
      let lost = lose()
      settings.options.logger.debug("\(lost)")
    }
  }

  func deliverNotifications(_ handle: OpaquePointer) {
    while let notification = PQnotifies(handle) {
      defer { PQfreemem(notification) }
      hub.deliver(
        Notification(
          channel: String(cString: notification.pointee.relname),
          payload: notification.pointee.extra.map { String(cString: $0) } ?? "", sender: notification.pointee.be_pid))
    }
  }

  // MARK: Notices

  /// Sends the server's notices to the settings' handler instead of standard error.
  func receiveNotices(of handle: OpaquePointer) {
    let receiver: PQnoticeReceiver = { context, result in
      guard let context, let result else { return }
      Unmanaged<Link>.fromOpaque(context).takeUnretainedValue().take(Notice(result: result))
    }
    // Unretained: libpq calls it only within our calls, on this thread, while the link lives.
    PQsetNoticeReceiver(handle, receiver, Unmanaged.passUnretained(self).toOpaque())
  }

  private func take(_ notice: Notice) {
    if notice.severity == "FATAL" || notice.severity == "PANIC" { lastFatal = notice }
    if let handler = settings.options.onNotice {
      handler(notice)
    } else {
      settings.options.logger.debug(
        "\(notice.message)", metadata: ["severity": "\(notice.severity)", "sqlstate": "\(notice.sqlstate)"])
    }
  }
}
