import FoundationEssentials
import Postgres

/// The daemon's side of the queue: every statement that a worker runs against the jobs table.
public struct JobQueue: Sendable {
  /// This worker's id, random for each start.
  public let worker: UUID

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
    public let lane: Lane
    public let cursor: JobID
    public let limit: Int

    public init(lane: Lane, cursor: JobID, limit: Int) {
      self.lane = lane
      self.cursor = cursor
      self.limit = limit
    }
  }

  /// Claims a batch from the lane whose next job comes first. One round trip; charges the attempts.
  public func claim(from lanes: [LaneClaim], on connection: Connection) async throws(PostgresError) -> Claim {
    let token = UUID()
    let statement = Statements.claim(
      worker, token, lanes.map(\.lane.queue), lanes.map(\.lane.kind), lanes.map { Int16($0.lane.priority) },
      lanes.map(\.cursor), lanes.map { Int32($0.limit) })
    let rows = try await connection.pipeline([Statements.notDurable(), Statements.hotPlan(), statement])[2]
    return try Self.claim(from: rows, token: token)
  }

  /// Claims one job that was there at two crashes, to run it alone.
  public func claimSuspect(
    queues: [String], kinds: [String], on connection: Connection
  ) async throws(PostgresError) -> Claim {
    let token = UUID()
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
  /// - Returns: the lanes, and how long until the next scheduled job is due (nil: none is).
  public func survey(
    queues: [String], kinds: [String], on connection: Connection
  ) async throws(PostgresError) -> (fronts: [(lane: Lane, first: JobID)], nextDue: Duration?) {
    let answers = try await connection.pipeline([
      Statements.hotPlan(), Statements.promote(Int32(Self.promotionLimit)), Statements.lanes(queues, kinds),
      Statements.nextDue(),
    ])
    var fronts: [(lane: Lane, first: JobID)] = []
    for row in [answers[1], answers[2]].joined() {
      let (queue, kind, priority, id) = try row.decode(String.self, String.self, Int32.self, Int64.self)
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
    public let job: Job
    public let outcome: Outcome
    /// When this attempt began to load, by the server's clock.
    public let startedAt: Date

    public init(job: Job, outcome: Outcome, startedAt: Date) {
      self.job = job
      self.outcome = outcome
      self.startedAt = startedAt
    }
  }

  /// The guarded statement that ends attempts of one claim; run it inside the transaction that stores their outputs,
  /// and before storing: only what is in its answer is still ours.
  public func finish(_ endings: [Ending], token: UUID) -> [SQL] {
    var outcomes: [String] = []
    var results: [String?] = []
    var errors: [JSON?] = []
    var delays: [Double] = []
    for ending in endings {
      let (name, result, error, delay) = Self.columns(of: ending)
      outcomes.append(name)
      results.append(result)
      errors.append(error)
      delays.append(delay)
    }
    return [
      Statements.hotPlan(),
      Statements.finish(
        worker, token, endings.map(\.job.id), endings.map { Int32($0.job.attempt) }, outcomes, results, errors, delays,
        endings.map(\.startedAt)),
    ]
  }

  /// Longest error message that is kept, in characters.
  private static let messageLimit = 4000

  private static func columns(of ending: Ending) -> (String, String?, JSON?, Double) {
    func entry(_ cause: String, _ message: String) -> JSON {
      // PostgreSQL's jsonb has no NUL.
      let text = String(message.prefix(messageLimit)).replacing("\0", with: "\u{FFFD}")
      return JSON(encoding: ErrorEntry(attempt: ending.job.attempt, cause: cause, message: text))
    }
    return switch ending.outcome {
    case .completed: ("completed", "stored", nil, 0)
    case .unchanged: ("completed", "unchanged", nil, 0)
    case .discarded(let message): ("discarded", nil, entry("error", message), 0)
    case .cancelled(let message): ("cancelled", nil, entry("cancel", message), 0)
    case .retry(let after, let message): ("retry", nil, entry("error", message), after.seconds)
    case .snooze(let pause): ("snooze", nil, nil, pause.seconds)
    case .handedBack: ("handed_back", nil, nil, 0)
    }
  }

  private struct ErrorEntry: Encodable {
    let attempt: Int
    let cause: String
    let message: String
  }
}

extension Duration {
  /// As a number of seconds.
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
