import FoundationEssentials
import Postgres

/// The daemon's side of the queue: every statement that a worker runs against the jobs table.
public struct JobQueue: Sendable {
  /// This worker's id, random for each start.
  public let worker: UUID

  /// The queue as one worker sees it.
  public init(worker: UUID) {
    self.worker = worker
  }

  // MARK: - Claim

  /// What one claim took.
  public struct Claim: Sendable {
    /// Of one kind, by id. Empty: there was nothing.
    public let jobs: [Job]
    /// The claim's share of the fence.
    public let token: UUID
    /// Lowest transaction still open and first one not yet begun, as the claim saw them; nil when it took nothing.
    public let snapshot: (xmin: Int64, xmax: Int64)?
  }

  /// A lane to claim from: ids above `cursor`, at most `limit` jobs.
  public struct LaneClaim: Sendable {
    /// Where to claim.
    public let lane: Lane
    /// Only ids above this.
    public let cursor: JobID
    /// At most this many.
    public let limit: Int

    /// A lane and where in it to start.
    public init(lane: Lane, cursor: JobID, limit: Int) {
      self.lane = lane
      self.cursor = cursor
      self.limit = limit
    }
  }

  /// Claims a batch from the lane whose next job comes first. One round trip; charges the attempts.
  /// - Parameter token: random, and known to be live before it is used: see `returnStrays`.
  public func claim(
    from lanes: [LaneClaim], token: UUID, on connection: Connection
  ) async throws(PostgresError) -> Claim {
    let statement = Statements.claim(
      worker, token, lanes.map(\.lane.queue), lanes.map(\.lane.kind), lanes.map { Int16($0.lane.priority) },
      lanes.map(\.cursor), lanes.map { Int32($0.limit) })
    let rows = try await connection.pipeline([Statements.notDurable(), Statements.hotPlan(), statement])[2]
    return try Self.claim(from: rows, token: token)
  }

  /// Claims one job that was there at two crashes, to run it alone.
  /// - Parameter queues: nil = all.
  public func claimSuspect(
    queues: [String]?, kinds: [String], token: UUID, on connection: Connection
  ) async throws(PostgresError) -> Claim {
    let rows = try await connection.pipeline([
      Statements.notDurable(), Statements.hotPlan(), Statements.claimSuspect(worker, token, queues, kinds),
    ])[2]
    return try Self.claim(from: rows, token: token)
  }

  private static func claim(from rows: Rows, token: UUID) throws(PostgresError) -> Claim {
    var jobs: [Job] = []
    jobs.reserveCapacity(rows.count)
    var snapshot: (Int64, Int64)?
    for row in rows {
      let (
        id, kind, queue, priority, twinID, arguments, attempt, maxAttempts, crashes, enqueuedAt, runAt, claimedAt,
        requestedBy, schedule, tick, xmin, xmax
      ) = try row.decode(
        Int64.self, String.self, String.self, Int32.self, UUID?.self, JSON.self, Int32.self, Int32.self, Int32.self,
        Date.self, Date.self, Date.self, String.self, String?.self, Date?.self, Int64.self, Int64.self)
      jobs.append(
        Job(
          id: id, kind: kind, queue: queue, priority: Int(priority), twinID: twinID, arguments: arguments,
          attempt: Int(attempt), maxAttempts: Int(maxAttempts), crashes: Int(crashes), token: token,
          enqueuedAt: enqueuedAt, runAt: runAt, claimedAt: claimedAt, requestedBy: requestedBy, schedule: schedule,
          tick: tick))
      snapshot = (xmin, xmax)
    }
    jobs.sort { $0.id < $1.id }
    return Claim(jobs: jobs, token: token, snapshot: snapshot)
  }

  /// The first ready job of every lane, from the front of the index, after making due jobs ready.
  /// - Parameter queues: nil = all.
  /// - Returns: the lanes, and how long until the next scheduled job is due (nil: none is).
  public func survey(
    queues: [String]?, kinds: [String], on connection: Connection
  ) async throws(PostgresError) -> (fronts: [(lane: Lane, first: JobID)], nextDue: Duration?) {
    let answers = try await connection.pipeline([
      Statements.hotPlan(), Statements.promote(Int32(Self.promotionLimit)), Statements.lanes(queues, kinds),
      Statements.nextDue(),
    ])
    var fronts: [(lane: Lane, first: JobID)] = []
    // Everybody makes everybody's jobs ready, but claims only what it serves.
    for row in [answers[1], answers[2]].joined() {
      let (queue, kind, priority, id) = try row.decode(String.self, String.self, Int32.self, Int64.self)
      guard queues?.contains(queue) != false, kinds.contains(kind) else { continue }
      fronts.append((Lane(queue: queue, kind: kind, priority: Int(priority)), id))
    }
    let seconds = try answers[3].first?.decode(Double.self)
    return (fronts, seconds.map { .seconds($0) })
  }

  /// Most jobs that one survey makes ready, so that it never holds many locks.
  private static let promotionLimit = 5000

  // MARK: - Finish

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
    let columns = endings.map { Self.columns(of: $0.outcome) }
    return [
      Statements.boundedTransaction(String(Int(idleLimit.seconds * 1000))),
      Statements.hotPlan(),
      Statements.finish(
        worker, token, endings.map(\.job.id), endings.map { Int32($0.job.attempt) }, columns.map(\.outcome),
        columns.map(\.result), columns.map(\.cause), columns.map(\.message), columns.map(\.delay.seconds),
        endings.map(\.startedAt)),
      Statements.hotPlanEnd(),
    ]
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
    var delay: Duration = .zero
  }

  private static func columns(of outcome: Outcome) -> Columns {
    switch outcome {
    case .completed: Columns(outcome: "completed", result: "stored")
    case .unchanged: Columns(outcome: "completed", result: "unchanged")
    case .discarded(let message): Columns(outcome: "discarded", cause: "error", message: storable(message))
    case .cancelled(let message): Columns(outcome: "cancelled", cause: "cancel", message: storable(message))
    case .retry(let delay, let message):
      Columns(outcome: "retry", cause: "error", message: storable(message), delay: delay)
    case .snooze(let pause): Columns(outcome: "snooze", delay: pause)
    case .handedBack: Columns(outcome: "handed_back")
    }
  }

  /// PostgreSQL's text has no NUL; and an error is kept for people, not a whole log.
  private static func storable(_ message: String) -> String {
    String(message.prefix(4000)).replacing("\0", with: "\u{FFFD}")
  }
}

extension Duration {
  /// As a number of seconds.
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
