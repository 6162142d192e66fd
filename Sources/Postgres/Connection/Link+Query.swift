import CLibpq

// Statements: one, several in a pipeline, and scripts.

extension Link {
  /// Runs one statement.
  func query(_ sql: SQL) throws(PostgresError) -> Rows {
    try check(sql)
    if pinsTransaction { return try pipeline([sql])[0] }
    guard let name = sql.name, preparesStatements else {
      return try attributing(to: sql) { () throws(PostgresError) in
        let handle = try alive()
        let sent = sql.values.withPointers { parameters in
          PQsendQueryParams(
            handle, sql.text, parameters.count, parameters.types, parameters.values, parameters.lengths,
            parameters.formats, 1)
        }
        guard sent == 1 else { throw lose() }
        return try collect()
      }
    }
    guard let entry = prepared.find(name: name, text: sql.text, types: sql.values.types) else {
      return try pipeline([sql])[0]
    }
    let wasInTransaction = isInTransaction
    do {
      return try attributing(to: sql) { () throws(PostgresError) in
        let handle = try alive()
        let sent = sql.values.withPointers { parameters in
          PQsendQueryPrepared(
            handle, entry.serverName, parameters.count, parameters.values, parameters.lengths, parameters.formats, 1)
        }
        guard sent == 1 else { throw lose() }
        return try collect()
      }
    } catch {
      guard isStale(error) else { throw error }
      try forget(name, unless: isInTransaction)
      if wasInTransaction { throw error }
      return try pipeline([sql])[0]
    }
  }

  /// Runs several statements with one round trip and one Sync.
  /// - Parameter mayRepeat: whether statements that the server has lost may be prepared again.
  func pipeline(_ statements: [SQL], mayRepeat: Bool = true) throws(PostgresError) -> [Rows] {
    if statements.isEmpty { return [] }
    for (index, sql) in statements.enumerated() {
      try attributing(to: sql, index: statements.count > 1 ? index : nil) { () throws(PostgresError) in
        try check(sql)
      }
    }
    let wasInTransaction = isInTransaction
    let pins = self.pins
    var outcome = try exchange(pins + statements)
    outcome.rows.removeFirst(min(pins.count, outcome.rows.count))
    if let failure = outcome.failure, failure.index < pins.count {
      throw failure.error.sqlstate == "42501" ? Self.notOurs(failure.error) : failure.error
    }
    outcome.failure?.index -= pins.count
    guard let failure = outcome.failure else { return outcome.rows }
    let error = failure.error.changing {
      $0.statementName = statements[failure.index].name
      $0.statementIndex = statements.count > 1 ? failure.index : nil
    }
    let isForeign = error.sqlstate == "42P05" && settings.options.preparesStatements == nil
    if let name = statements[failure.index].name, isForeign || isStale(error) {
      if isForeign {
        // No name is given twice on a connection: this one is another client's, so a proxy pools without saying so.
        preparesStatements = false
        status.isPooled.store(true, ordering: .relaxed)
      } else {
        try forget(name, unless: isInTransaction)
      }
      // The whole pipeline was one transaction and is undone, unless a statement ended it.
      if mayRepeat, !wasInTransaction, !isInTransaction, !outcome.controlsTransactions {
        return try pipeline(statements, mayRepeat: false)
      }
    }
    throw error
  }

  /// Runs the statements of a text by the simple protocol.
  func script(_ text: String) throws(PostgresError) {
    let handle = try alive()
    let pins = scriptPins
    guard PQsendQuery(handle, pins + text) == 1 else { throw lose() }
    do {
      _ = try collect()
    } catch {
      guard let position = error.position else { throw error }
      let line = (pins + text).unicodeScalars.prefix(position - 1).count { $0 == "\n" } + 1
      throw error.changing { $0.message += " (line \(line))" }
    }
  }

  /// Runs a command without parameters and tells its tag.
  func command(_ text: String) throws(PostgresError) -> String {
    let handle = try alive()
    guard PQsendQuery(handle, text) == 1 else { throw lose() }
    return try collect().result.commandTag
  }

  // MARK: Results

  /// Reads all results of one statement or script; the last one is the answer.
  private func collect() throws(PostgresError) -> Rows {
    let handle = try alive()
    var last: ResultBox?
    var failure: PostgresError?
    while let result = try nextResult() {
      switch PQresultStatus(result) {
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
        last = ResultBox(result)
      case PGRES_COPY_IN:
        PQclear(result)
        failure = failure ?? Self.copyMisuse
        _ = PQputCopyEnd(handle, "COPY FROM STDIN was not asked for")
      case PGRES_COPY_OUT:
        PQclear(result)
        failure = failure ?? Self.copyMisuse
        try discardCopy(handle)
      default:
        let error = self.error(of: result)
        PQclear(result)
        failure = failure ?? error
      }
      if PQstatus(handle) == CONNECTION_BAD { throw lose(because: failure) }
    }
    if let failure { throw failure }
    guard let last else { throw PostgresError(.protocolViolation, "the server sent no result") }
    return Rows(last)
  }

  static let copyMisuse = PostgresError(
    .misuse, "COPY … STDIN/STDOUT does not work as a plain statement", hint: "use copyIn or copyOut")

  /// Reads the data of a COPY TO STDOUT and forgets it.
  func discardCopy(_ handle: OpaquePointer) throws(PostgresError) {
    while true {
      var buffer: UnsafeMutablePointer<CChar>?
      switch PQgetCopyData(handle, &buffer, 1) {
      case 0:
        try wait(for: 1)  // POLLIN
        if !consume(handle) { throw lose() }
      case 1...: PQfreemem(buffer)
      default: return
      }
    }
  }

  func error(of result: OpaquePointer) -> PostgresError {
    let isStandby = handle.flatMap { PQparameterStatus($0, "in_hot_standby") }.map { String(cString: $0) } == "on"
    return PostgresError(result: result, writesAreExpected: !isReadOnlyTransaction, isStandby: isStandby)
  }

  // MARK: Pipeline

  /// The outcome of a pipeline.
  private struct Outcome {
    var rows: [Rows] = []
    /// The first error and the number of its statement.
    var failure: (index: Int, error: PostgresError)?
    /// A statement of it began or ended a transaction.
    var controlsTransactions = false
  }

  /// Sends all statements, then a Sync, and reads all results.
  private func exchange(_ statements: [SQL]) throws(PostgresError) -> Outcome {
    let handle = try alive()
    guard PQenterPipelineMode(handle) == 1 else { throw lose() }
    /// The owner of each result to come: the preparation of a statement, or its execution (nil).
    var expected: [(index: Int, preparation: PreparedStatements.Entry?)] = []
    expected.reserveCapacity(statements.count + 4)
    // The statements that the server will know at that point: one that occurs twice is prepared at its first place.
    var planned = prepared
    for (index, sql) in statements.enumerated() {
      var entry: PreparedStatements.Entry?
      if let name = sql.name, preparesStatements {
        if let known = planned.find(name: name, text: sql.text, types: sql.values.types) {
          entry = known
        } else {
          let new = planned.plan(name: name, text: sql.text, types: sql.values.types)
          let types = new.types.map(\.rawValue)
          guard PQsendPrepare(handle, new.serverName, sql.text, Int32(types.count), types) == 1 else { throw lose() }
          expected.append((index, new))
          planned.confirm(new, name: name)
          entry = new
        }
      }
      let sent = sql.values.withPointers { parameters in
        if let entry {
          PQsendQueryPrepared(
            handle, entry.serverName, parameters.count, parameters.values, parameters.lengths, parameters.formats, 1)
        } else {
          PQsendQueryParams(
            handle, sql.text, parameters.count, parameters.types, parameters.values, parameters.lengths,
            parameters.formats, 1)
        }
      }
      guard sent == 1 else { throw lose() }
      expected.append((index, nil))
    }
    prepared.lastSerial = planned.lastSerial
    guard PQpipelineSync(handle) == 1 else { throw lose() }
    var outcome = Outcome()
    outcome.rows.reserveCapacity(statements.count)
    for (index, preparation) in expected {
      while let result = try nextResult() {
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
          let box = ResultBox(result)
          if let preparation, let name = statements[index].name {
            prepared.confirm(preparation, name: name)
          } else {
            outcome.rows.append(Rows(box))
            if PQntuples(result) == 0, Self.transactionTags.contains(box.commandTag) {
              outcome.controlsTransactions = true
            }
          }
        case PGRES_PIPELINE_ABORTED:
          PQclear(result)
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
          // libpq cannot leave a COPY inside a pipeline.
          PQclear(result)
          die(of: Self.copyMisuse.changing { $0.endsConnection = true })
          throw try lossError()
        default:
          let error = self.error(of: result)
          PQclear(result)
          outcome.failure = outcome.failure ?? (index, error)
        }
        if PQstatus(handle) == CONNECTION_BAD { throw lose(because: outcome.failure?.error) }
      }
    }
    guard let sync = try nextResult() else { throw lose() }
    let status = PQresultStatus(sync)
    PQclear(sync)
    guard status == PGRES_PIPELINE_SYNC, PQexitPipelineMode(handle) == 1 else {
      throw lose(because: outcome.failure?.error)
    }
    return outcome
  }

  private static let transactionTags: Set<String> = [
    "BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "PREPARE TRANSACTION", "COMMIT PREPARED", "ROLLBACK PREPARED",
  ]

  private func lossError() throws(PostgresError) -> PostgresError {
    _ = try alive()
    return PostgresError(.protocolViolation, "the connection is alive after its end")
  }

  // MARK: Checks

  private func check(_ sql: SQL) throws(PostgresError) {
    if let failure = sql.values.failure { throw failure.changing { $0.statementName = sql.name } }
    guard sql.values.count <= 65_535 else {
      throw PostgresError(
        .encoding, "\(sql.values.count) parameters; the protocol has room for 65,535", sqlstate: "54023",
        hint: "pass arrays, or use copyIn")
    }
  }

  private func attributing<T>(
    to sql: SQL, index: Int? = nil, _ body: () throws(PostgresError) -> T
  ) throws(PostgresError) -> T {
    do {
      return try body()
    } catch {
      throw error.changing {
        $0.statementName = sql.name
        $0.statementIndex = index
      }
    }
  }

  /// The server has lost a prepared statement, or its result type has changed since.
  private func isStale(_ error: PostgresError) -> Bool {
    error.sqlstate == "26000" || (error.sqlstate == "0A000" && error.routine == "RevalidateCachedQuery")
  }

  /// Forgets a prepared statement here and, unless a failed transaction refuses commands, on the server.
  private func forget(_ name: String, unless isBlocked: Bool) throws(PostgresError) {
    guard let serverName = prepared.forget(name: name), !isBlocked else { return }
    do {
      _ = try command("DEALLOCATE \(Statement.quotedIdentifier(serverName))")
    } catch {
      // 26000: it is gone already.
      if error.sqlstate != "26000" { throw error }
    }
  }
}
