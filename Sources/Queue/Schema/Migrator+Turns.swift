import Postgres

/// Migrators take turns, and none touches what could take a superuser's rights.
extension Migrator {
  /// The lock of steps that run outside of a transaction. Any login can hold it; such a step then waits, with a word and
  /// not for ever.
  static let lockKey: Int64 = 0x7477_696e_6d69_6c6c

  /// Another migrator has just created the ledger.
  private struct TurnTaken: Error {}

  /// Runs in a transaction that has the migrators' turn: the lock of a table that only the owner can lock. The lock is the
  /// transaction's, not the session's, which a proxy may give to somebody else; so what is applied is asked under it. It
  /// is asked for again and again, each time in another transaction, and not waited for: CREATE INDEX CONCURRENTLY of the
  /// one who has the lock waits for the transactions that had a snapshot when it began.
  /// - Parameters:
  ///   - createsLedger: makes the table where it is missing; else there is nothing to take turns at.
  ///   - body: is given what is applied.
  func locked<R: Sendable>(
    _ connection: Connection, createsLedger: Bool = false, _ body: (Connection, Set<Int>) async throws -> R
  ) async throws -> R {
    try await untilTaken(connection) {
      do {
        return try await connection.transaction { transaction in
          guard try await takesTurn(transaction, createsLedger: createsLedger) else { return nil }
          try await refuseForeignOwner(transaction)
          let applied = try await appliedNumbers(transaction)
          try await check(applied, transaction)
          // A lock that others hold for 5 s stops the migration, not the others. Steps and routines name schemas.
          try await transaction.script(
            """
            SET LOCAL lock_timeout = '5s';
            SET LOCAL client_min_messages = warning;
            SET LOCAL search_path = pg_catalog, pg_temp
            """)
          return try await body(transaction, applied)
        }
      } catch is TurnTaken {
        return nil
      }
    }
  }

  private func takesTurn(_ transaction: Connection, createsLedger: Bool) async throws -> Bool {
    if try await ledgerExists(transaction) {
      try await transaction.script(Statements.takeTurn)
      let turn: SQL = "SELECT current_setting('twinmill.turn', true) = 'taken'"
      guard try await transaction.query(turn).only().decode(Bool.self) else { return false }
    } else if createsLedger {
      do {
        try await transaction.script("SET LOCAL client_min_messages = warning; SET LOCAL lock_timeout = '1s'")
        try await transaction.script(Self.ledger)
      } catch {
        guard let sqlstate = error.sqlstate, ["23505", "42P06", "42P07", "55P03"].contains(sqlstate) else {
          throw error
        }
        throw TurnTaken()
      }
    }
    // Steps outside of a transaction cannot hold the table's lock: where there are any, the session's lock counts too.
    guard migrations.contains(where: { !Migration.isTransactional($0.up) || !Migration.isTransactional($0.down) })
    else {
      return true
    }
    let lock: SQL = "SELECT pg_try_advisory_xact_lock(\(Self.lockKey))"
    return try await transaction.query(lock).only().decode(Bool.self)
  }

  /// Asks until the migrators' turn is free, says once that it waits, and gives up after `turnLimit`.
  /// - Parameter attempt: nil: another migrator has it.
  func untilTaken<R>(_ connection: Connection, _ attempt: () async throws -> R?) async throws -> R {
    let start = ContinuousClock.now
    var isReported = false
    while true {
      if let result = try await attempt() { return result }
      let waited = ContinuousClock.now - start
      if !isReported && waited > .seconds(1) || waited >= turnLimit {
        let named: String? = try await connection.query(Statements.turnHolders(Self.lockKey)).only().decode(
          String?.self)
        let holders = named ?? "a session that has just ended"
        guard waited < turnLimit else { throw MigrationError.busy(holders: holders, limit: turnLimit) }
        isReported = true
        reportsWait("another migration is under way (\(holders)): waiting for it, \(turnLimit) at most")
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Tables of the modules that an application may have made before.
  func refuseForeignOwner(_ connection: Connection) async throws {
    try await ForeignOwner.refuse(sharedTables.map { (twinsSchema, $0) }, on: connection)
  }

  /// Where a superuser migrates, its objects become those of a role without login.
  func handOver(_ transaction: Connection) async throws {
    let tables = "{" + sharedTables.joined(separator: ",") + "}"
    _ = try await transaction.query("SELECT set_config('twinmill.shared_tables', \(tables), true)")
    try await transaction.script(Statements.handOver)
  }

  private var sharedTables: [String] { modules.flatMap(\.sharedTables) }
}
