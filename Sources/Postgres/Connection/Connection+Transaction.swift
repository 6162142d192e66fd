/// How much a transaction sees of others.
public enum Isolation: String, Sendable {
  /// Each statement sees what was committed before it.
  case readCommitted = "READ COMMITTED"
  /// All statements see one snapshot.
  case repeatableRead = "REPEATABLE READ"
  /// As if transactions ran one after another; may fail with 40001, then run it again.
  case serializable = "SERIALIZABLE"
}

extension Connection {
  /// Runs `body` inside a transaction: COMMIT when it returns, ROLLBACK when it throws, also when the task is cancelled.
  ///
  /// A read-only one has nothing to commit and ends with ROLLBACK in any case: what its statements did to the settings of
  /// the session, or asked to be notified, goes with it, and a pooled connection goes back as it came.
  /// - Parameters:
  ///   - readOnly: a read-only snapshot: REPEATABLE READ, unless `isolation` says otherwise.
  ///   - isolation: nil is READ COMMITTED.
  ///   - body: gets this connection.
  /// - Throws: what `body` throws; `commitUnknown` if the connection broke during COMMIT; `transactionAborted` if `body`
  ///   swallowed the error of a statement, so that COMMIT had to roll back; `misuse` inside of a transaction.
  nonisolated(nonsending)
    public func transaction<R: Sendable>(
      readOnly: Bool = false, isolation: Isolation? = nil,
      _ body: nonisolated(nonsending) (Connection) async throws -> R
    ) async throws -> R
  {
    try await begin(readOnly: readOnly, isolation: isolation ?? (readOnly ? .repeatableRead : .readCommitted))
    let value: R
    do {
      value = try await body(self)
    } catch {
      await rollback()
      throw error
    }
    try await end(readOnly ? "ROLLBACK" : "COMMIT")
    return value
  }

  private func begin(readOnly: Bool, isolation: Isolation) async throws(PostgresError) {
    try await run(nil) { (link) throws(PostgresError) in
      guard !link.isInTransaction else {
        throw PostgresError(
          .misuse, "a transaction is open on this connection",
          hint: "transactions do not nest: use a savepoint, or another connection")
      }
      _ = try link.command(
        "BEGIN ISOLATION LEVEL \(isolation.rawValue)\(readOnly ? " READ ONLY" : ""), NOT DEFERRABLE"
          + link.pinsAfterBegin)
      link.isReadOnlyTransaction = readOnly
    }
  }

  /// Cancellation cannot stop it: a COMMIT that is under way is better known than broken off.
  private func end(_ command: String) throws(PostgresError) {
    if Task.isCancelled {
      rollback()
      throw PostgresError(.cancelled, "the task was cancelled before COMMIT; the transaction was rolled back")
    }
    // A connection that is dead before COMMIT was sent has lost the transaction, and that is known.
    _ = try link.alive()
    let tag: String
    let hasFailed = link.hasFailedStatement
    do {
      tag = try runToEnd(nil) { (link) throws(PostgresError) in try link.command(command) }
    } catch {
      guard error.isConnectionLoss, command == "COMMIT" else { throw error }
      throw error.changing {
        $0.kind = .commitUnknown
        $0.message = "the connection was lost during COMMIT, which may or may not have happened: \($0.message)"
        $0.hint = "read what the transaction wrote before doing it again"
      }
    }
    guard tag == command, !hasFailed else {
      throw PostgresError(
        .transactionAborted, "\(command) was answered by \(tag): a statement of the transaction had failed",
        sqlstate: "25P02", hint: "let the statement's error out of the transaction's body")
    }
  }

  /// Rolls back what is open, also for a cancelled task. A connection that cannot do that is dropped.
  func rollback() {
    guard link.handle != nil, link.isInTransaction || link.isCopying else { return }
    do throws(PostgresError) {
      if link.isCopying {
        throw PostgresError(.misuse, "a COPY was left open")
      }
      _ = try runToEnd(nil) { (link) throws(PostgresError) in try link.command("ROLLBACK") }
    } catch {
      link.settings.options.logger.debug("connection dropped, ROLLBACK failed: \(error)")
      link.die(of: error.changing { $0.endsConnection = true })
    }
  }
}
