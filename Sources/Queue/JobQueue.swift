import FoundationEssentials
import Postgres

/// The queue as a whole: requests that need no worker's id. `QueueWorker` has those of one worker.
public enum JobQueue {
  // MARK: - Looking

  /// Whether somebody enqueues at this moment without notifying.
  public static func enqueuesUnderWay(on connection: Connection) async throws(PostgresError) -> Bool {
    try await connection.query(Statements.enqueuesUnderWay(), deadline: .seconds(5)).only().decode(Bool.self)
  }

  // MARK: - Kinds

  /// Tells the database which kinds this version can run.
  public static func register(
    kinds: [KindDefinition], on connection: Connection
  ) async throws(PostgresError) {
    // In one order: workers that start together lock the rows, changed or not, and would wait in a circle.
    _ = try await connection.pipeline(
      kinds.sorted { $0.name < $1.name }.map { kind in
        Statements.registerKind(
          kind.name, kind.summary, kind.argumentsSchema, kind.queue, Int16(kind.maxAttempts), kind.needsTwin,
          kind.recomputesOnChange, kind.follows, kind.timeout.seconds, kind.isForOperators)
      })
  }

  // MARK: - Text

  /// PostgreSQL's text has no NUL; and an error or a progress is kept for people, not a whole log.
  static func storable(_ message: String) -> String {
    String(message.prefix(4000)).replacing("\0", with: "\u{FFFD}")
  }
}

extension Rows {
  /// The ids in the first column.
  func jobIDs() throws(PostgresError) -> [JobID] {
    var ids: [JobID] = []
    ids.reserveCapacity(count)
    for row in self {
      ids.append(try row.decode(Int64.self))
    }
    return ids
  }
}

extension Duration {
  /// As a number of seconds.
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
