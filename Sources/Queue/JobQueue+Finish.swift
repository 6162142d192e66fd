import FoundationEssentials
import Postgres

/// The ends of attempts.
extension JobQueue {
  /// How an attempt ended.
  public enum Outcome: Sendable {
    /// The result was stored in the same transaction.
    case completed
    /// Completed without a write: the input is what it was.
    case unchanged
    case discarded(message: String)
    case cancelled(message: String)
    case retry(after: Duration, message: String)
    case snooze(Duration)
    /// The worker stops: ready at once, the attempt given back.
    case handedBack
  }

  /// One job's end.
  public struct Ending: Sendable {
    /// Whose end it is.
    public let job: Job
    /// How it ended.
    public let outcome: Outcome
    /// When this attempt began to load, by the server's clock.
    public let startedAt: Date

    /// An end to be written.
    public init(job: Job, outcome: Outcome, startedAt: Date) {
      self.job = job
      self.outcome = outcome
      self.startedAt = startedAt
    }
  }

  /// Ends attempts of one claim: the guarded statement of every outcome. Run it inside the transaction that stores
  /// their outputs, and before storing: only what is in its answer is still ours.
  /// - Parameter idleLimit: how long the server lets the transaction stand still before it ends it.
  /// - Returns: statements for one pipeline; its answers are for `stillOurs`.
  public func finish(_ endings: [Ending], token: UUID, idleLimit: Duration) -> [SQL] {
    finish(endings, token: token, idleLimit: idleLimit, by: Statements.finish)
  }

  func finish(_ endings: [Ending], token: UUID, idleLimit: Duration, by statement: Statement) -> [SQL] {
    let columns = endings.map { Self.columns(of: $0.outcome) }
    let ids = endings.map(\.job.id)
    let keys = Set(endings.compactMap(\.job.concurrencyKey))
    return [
      Statements.boundedTransaction(String(Int(idleLimit.seconds * 1000))),
      Statements.hotPlan(),
      statement(
        worker, token, ids, endings.map { Int32($0.job.attempt) }, columns.map(\.outcome),
        Self.untilLast(columns.map(\.result)), Self.untilLast(columns.map(\.cause)),
        Self.untilLast(columns.map(\.message)), Self.untilLast(columns.map(\.delay)), endings.map(\.startedAt)),
      Statements.release(ids),
    ] + (keys.isEmpty ? [] : [Statements.unpark(keys.sorted())]) + [Statements.hotPlanEnd()]
  }

  /// The jobs that the finishing statement found to be ours.
  public static func stillOurs(_ answers: [Rows]) throws(PostgresError) -> Set<JobID> {
    var ids: Set<JobID> = []
    for row in answers[2] {
      ids.insert(try row.decode(Int64.self))
    }
    return ids
  }

  /// After a connection was lost during COMMIT: the jobs that this claim did finish.
  public func alreadyFinal(
    _ jobs: [JobID], token: UUID, on connection: Connection
  ) async throws(PostgresError) -> Set<JobID> {
    var ids: Set<JobID> = []
    for row in try await connection.query(Statements.alreadyFinal(jobs, token)) {
      ids.insert(try row.decode(Int64.self))
    }
    return ids
  }

  private struct Columns {
    var outcome: String
    var result: String?
    var cause: String?
    var message: String?
    /// In seconds.
    var delay: Double?
  }

  /// The server takes what is missing at the end for NULL: a batch without errors sends none.
  private static func untilLast<Value>(_ column: [Value?]) -> [Value?] {
    Array(column[..<(column.lastIndex { $0 != nil }.map { $0 + 1 } ?? 0)])
  }

  private static func columns(of outcome: Outcome) -> Columns {
    switch outcome {
    case .completed: Columns(outcome: "completed", result: "stored")
    case .unchanged: Columns(outcome: "completed", result: "unchanged")
    case .discarded(let message): Columns(outcome: "discarded", cause: "error", message: storable(message))
    case .cancelled(let message): Columns(outcome: "cancelled", cause: "cancel", message: storable(message))
    case .retry(let delay, let message):
      Columns(outcome: "retry", cause: "error", message: storable(message), delay: delay.seconds)
    case .snooze(let pause): Columns(outcome: "snooze", delay: pause.seconds)
    case .handedBack: Columns(outcome: "handed_back")
    }
  }

  /// PostgreSQL's text has no NUL; and an error or a progress is kept for people, not a whole log.
  static func storable(_ message: String) -> String {
    String(message.prefix(4000)).replacing("\0", with: "\u{FFFD}")
  }
}
