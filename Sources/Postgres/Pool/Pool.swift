/// A fixed number of connections that callers share, opened when they are needed.
///
/// Callers are served in the order of arrival. A dead connection is dropped and replaced; nothing is asked of the
/// server when a connection is lent. Session state that a caller leaves behind (settings, LISTEN, temporary tables)
/// stays there; an open transaction is rolled back.
public actor Pool {
  /// How its connections are opened.
  public nonisolated let settings: ConnectionSettings
  private var state: PoolState
  private var lastWaiter: PoolState.Waiter = 0
  private var waiting: [PoolState.Waiter: CheckedContinuation<Lease, any Error>] = [:]
  private var connections: [PoolState.Slot: Connection] = [:]
  /// The error of the last attempt, for the caller who is told.
  private var openError: PostgresError?

  private struct Lease: Sendable {
    let slot: PoolState.Slot
    let connection: Connection
  }

  /// A pool; opens nothing yet.
  /// - Parameters:
  ///   - settings: how to open connections.
  ///   - size: how many at most, at least 1. Too few make callers wait; too many exhaust the server's
  ///     `max_connections`.
  public init(_ settings: ConnectionSettings, size: Int) {
    self.settings = settings
    state = PoolState(size: size)
  }

  /// Lends a connection to `body`. Afterwards it goes back, also when `body` throws; an open transaction is rolled back.
  /// - Throws: what `body` throws; `connectFailed`; `cancelled` while waiting; `closed`.
  nonisolated(nonsending)
    public func withConnection<R: Sendable>(
      _ body: nonisolated(nonsending) (Connection) async throws -> R
    ) async throws -> R
  {
    let lease = try await take()
    let result: Result<R, any Error>
    do {
      result = .success(try await body(lease.connection))
    } catch {
      result = .failure(error)
    }
    if !lease.connection.isIdle { await lease.connection.rollback() }
    await giveBack(lease)
    return try result.get()
  }

  /// Runs one statement on any connection. See `Connection.query`.
  @discardableResult
  public nonisolated func query(_ sql: SQL, deadline: Duration? = nil) async throws -> Rows {
    try await withConnection { try await $0.query(sql, deadline: deadline) }
  }

  /// Closes the pool: waiting callers get an error of kind `closed`, idle connections are closed, lent ones when they
  /// come back.
  public func close() async {
    var closing: [Connection] = []
    for action in state.close() {
      if case .close(let slot) = action, let connection = connections.removeValue(forKey: slot) {
        closing.append(connection)
      } else {
        perform([action])
      }
    }
    for connection in closing { await connection.close() }
  }

  /// Connections that are open or being opened.
  public var connectionCount: Int { state.slotCount }

  private func take() async throws -> Lease {
    lastWaiter += 1
    let waiter = lastWaiter
    return try await withTaskCancellationHandler {
      if Task.isCancelled { throw Self.cancellation }
      return try await withCheckedThrowingContinuation { continuation in
        waiting[waiter] = continuation
        perform(state.request(waiter) { connections[$0]?.isDead ?? true })
      }
    } onCancel: {
      Task { await self.cancel(waiter) }
    }
  }

  private func cancel(_ waiter: PoolState.Waiter) {
    perform(state.cancelled(waiter))
  }

  private func giveBack(_ lease: Lease) {
    perform(state.released(lease.slot, isUsable: !lease.connection.isDead && lease.connection.isIdle))
  }

  private func open(_ slot: PoolState.Slot) async {
    do throws(PostgresError) {
      connections[slot] = try await Connection.open(settings)
      perform(state.opened(slot))
    } catch {
      openError = error
      perform(state.openFailed(slot))
    }
  }

  private static let cancellation = PostgresError(.cancelled, "the task was cancelled while waiting for a connection")

  private func perform(_ actions: [PoolState.Action]) {
    for action in actions {
      switch action {
      case .open(let slot):
        Task { await open(slot) }
      case .lease(let waiter, let slot):
        guard let connection = connections[slot] else { continue }
        waiting.removeValue(forKey: waiter)?.resume(returning: Lease(slot: slot, connection: connection))
      case .failOpening(let waiter):
        waiting.removeValue(forKey: waiter)?
          .resume(throwing: openError ?? PostgresError(.connectFailed, "no connection could be opened"))
      case .refuse(let waiter):
        waiting.removeValue(forKey: waiter)?
          .resume(throwing: PostgresError(.closed, "the pool is closed"))
      case .cancel(let waiter):
        waiting.removeValue(forKey: waiter)?.resume(throwing: Self.cancellation)
      case .close(let slot):
        if let connection = connections.removeValue(forKey: slot) {
          Task { await connection.close() }
        }
      }
    }
  }
}
