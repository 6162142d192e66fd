import FoundationEssentials
import Postgres

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
    case requeued
  }

  /// One job's end.
  public struct Ending: Sendable {
    /// The job that ends.
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

  /// The guarded statement of every outcome, and what goes with it in the same transaction. One round trip.
  public struct Finish: Sendable {
    private let pipeline: Pipeline
    private let finished: Pipeline.Token
    private let asked: [JobID]

    fileprivate init(_ pipeline: Pipeline, finished: Pipeline.Token, asked: [JobID]) {
      self.pipeline = pipeline
      self.finished = finished
      self.asked = asked
    }

    /// Ends the attempts, inside the transaction that stores their outputs, and before storing.
    /// - Returns: the jobs whose end the fence accepted. The others belong to another attempt, and nothing of them may
    ///   be stored.
    public func run(on connection: Connection) async throws(PostgresError) -> Set<JobID> {
      let accepted = Set(try await connection.pipeline(pipeline)[finished].jobIDs())
      assert(accepted.isSubset(of: asked), "the fence accepted jobs that were not asked for")
      return accepted
    }
  }

  /// After a connection was lost during COMMIT: the jobs that the claim of this token did finish.
  public static func alreadyFinal(
    _ jobs: [JobID], token: UUID, on connection: Connection
  ) async throws(PostgresError) -> Set<JobID> {
    let final = Set(try await connection.query(Statements.alreadyFinal(jobs, token)).jobIDs())
    assert(final.isSubset(of: jobs), "jobs are final that were not asked for")
    return final
  }
}

/// The ends of attempts.
extension QueueWorker {
  /// Statements that end attempts of one claim.
  /// - Parameters:
  ///   - token: the claim's.
  ///   - idleLimit: how long the server lets the transaction stand still before it ends it.
  public func finish(_ endings: [JobQueue.Ending], token: UUID, idleLimit: Duration) -> JobQueue.Finish {
    finish(endings, token: token, idleLimit: idleLimit, by: Statements.finish)
  }

  func finish(
    _ endings: [JobQueue.Ending], token: UUID, idleLimit: Duration, by statement: Statement
  ) -> JobQueue.Finish {
    assert(Set(endings.map(\.job.id)).count == endings.count, "a job ends once")
    let columns = endings.map { Columns($0.outcome) }
    let ids = endings.map(\.job.id)
    let keys = Set(endings.compactMap(\.job.concurrencyKey))
    var pipeline = Pipeline()
    pipeline.add(Statements.boundedTransaction(String(Int(idleLimit.seconds * 1000))))
    pipeline.add(Statements.hotPlan())
    let finished = pipeline.add(
      statement(
        id, token, ids, endings.map { Int32($0.job.attempt) }, columns.map(\.outcome),
        Self.untilLast(columns.map(\.result)), Self.untilLast(columns.map(\.cause)),
        Self.untilLast(columns.map(\.message)), Self.untilLast(columns.map(\.delay)), endings.map(\.startedAt)))
    pipeline.add(Statements.resolveDependents(ids))
    if !keys.isEmpty { pipeline.add(Statements.unblockKeys(keys.sorted())) }
    pipeline.add(Statements.hotPlanEnd())
    return JobQueue.Finish(pipeline, finished: finished, asked: ids)
  }

  /// The server takes what is missing at the end for NULL: a batch without errors sends none.
  private static func untilLast<Value>(_ column: [Value?]) -> [Value?] {
    Array(column[..<(column.lastIndex { $0 != nil }.map { $0 + 1 } ?? 0)])
  }

  /// An outcome as `finish.sql` takes it.
  private struct Columns {
    var outcome: String
    var result: String?
    var cause: String?
    var message: String?
    /// In seconds.
    var delay: Double?

    init(_ outcome: JobQueue.Outcome) {
      switch outcome {
      case .completed: (self.outcome, result) = ("completed", "stored")
      case .unchanged: (self.outcome, result) = ("completed", "unchanged")
      case .discarded(let message):
        (self.outcome, cause, self.message) = ("discarded", "error", JobQueue.storable(message))
      case .cancelled(let message):
        (self.outcome, cause, self.message) = ("cancelled", "cancel", JobQueue.storable(message))
      case .retry(let delay, let message):
        (self.outcome, cause, self.message) = ("retry", "error", JobQueue.storable(message))
        self.delay = delay.seconds
      case .snooze(let pause): (self.outcome, delay) = ("snooze", pause.seconds)
      case .requeued: self.outcome = "requeued"
      }
    }
  }
}
