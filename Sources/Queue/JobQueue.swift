import FoundationEssentials
import Postgres

/// The queue as a whole: requests that need no worker's id. `QueueWorker` has those of one worker.
public enum JobQueue {
  // MARK: - Looking

  /// The lanes to claim from.
  public struct LanesReading: Sendable {
    /// The lanes of the kinds and queues that were asked for; of many, those that have jobs.
    public let lanes: [Lane]
    /// How many jobs became due and were made ready.
    public let promoted: Int
    /// Until the next scheduled job is due; nil: none is.
    public let nextDue: Duration?

    /// A reading of the lanes.
    public init(lanes: [Lane], promoted: Int = 0, nextDue: Duration? = nil) {
      self.lanes = lanes
      self.promoted = promoted
      self.nextDue = nextDue
    }
  }

  /// Makes due jobs ready, whoever serves them, and reads the lanes. One round trip.
  /// - Parameters:
  ///   - queues: nil = all.
  ///   - few: while there are more lanes than this, only those that have jobs are told of. Too low: lanes with a first
  ///     job are found a reading later for nothing; too high: each claim looks into all of them.
  public static func promoteDueAndReadLanes(
    queues: [String]?, kinds: [String], few: Int64 = 200, on connection: Connection
  ) async throws(PostgresError) -> LanesReading {
    var pipeline = Pipeline()
    pipeline.add(Statements.hotPlan())
    let promote = pipeline.add(Statements.promote(Int32(promotionLimit)))
    let nextDue = pipeline.add(Statements.nextDue())
    let read = pipeline.add(Statements.lanes(queues, kinds, few))
    pipeline.add(Statements.hotPlanEnd())
    let answers = try await connection.pipeline(pipeline)
    var lanes: [Lane] = []
    for row in answers[read] {
      let (number, queue, kind, tenant, priority, ageing, isLimited) = try row.decode(
        Int32.self, String.self, String.self, String.self, Int32.self, Double.self, Bool.self)
      lanes.append(
        Lane(
          number: number, queue: queue, kind: kind, tenant: tenant, priority: Int(priority), ageing: .seconds(ageing),
          isLimited: isLimited))
    }
    let promoted: Int64 = try answers[promote].only().decode(Int64.self)
    let seconds = try answers[nextDue].first?.decode(Double.self)
    return LanesReading(lanes: lanes, promoted: Int(promoted), nextDue: seconds.map { .seconds($0) })
  }

  /// Most jobs that one statement makes ready, so that it never holds many locks.
  private static let promotionLimit = 5000

  /// The first ready job of a queue of a lane that nobody works on.
  public struct Head: Hashable, Sendable {
    /// The queue.
    public let queue: LaneQueue
    /// The job's position.
    public let position: Int64

    /// A queue's first job.
    public init(queue: LaneQueue, position: Int64) {
      self.queue = queue
      self.position = position
    }
  }

  /// Looks at every queue of the lanes from the head of the index, which may walk many dead entries.
  /// - Returns: one for each queue that has a job that nobody works on.
  public static func headScan(of lanes: [Lane], on connection: Connection) async throws(PostgresError) -> [Head] {
    var pipeline = Pipeline()
    pipeline.add(Statements.hotPlan())
    let scan = pipeline.add(Statements.headScan(lanes.map(\.number)))
    var heads: [Head] = []
    for row in try await connection.pipeline(pipeline)[scan] {
      let (lane, isRequeued, position) = try row.decode(Int32.self, Bool.self, Int64.self)
      heads.append(Head(queue: LaneQueue(lane: lane, isRequeued: isRequeued), position: position))
    }
    return heads
  }

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
