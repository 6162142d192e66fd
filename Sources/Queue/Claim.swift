import FoundationEssentials
import Postgres

extension JobQueue {
  /// The jobs of one claim, and from where it took them.
  public struct Claim: Sendable {
    /// The part of a claim that comes from one queue of a lane.
    public struct Portion: Hashable, Sendable {
      /// The queue of the lane.
      public let queue: LaneQueue
      /// The highest position that it took or throttled.
      public internal(set) var lastPosition: Int64
      /// How many positions it came to: jobs taken, throttled, or given up to another claim.
      public internal(set) var count: Int
      /// Seconds since 1970 at which the last of them was to start.
      public internal(set) var lastDue: Double

      /// A portion of a claim.
      public init(queue: LaneQueue, lastPosition: Int64, count: Int, lastDue: Double = 0) {
        self.queue = queue
        self.lastPosition = lastPosition
        self.count = count
        self.lastDue = lastDue
      }
    }

    /// The jobs, in order of portion and position; empty: there was nothing.
    public internal(set) var jobs: [Job] = []
    /// The claim's share of the fence.
    public let token: UUID
    /// From where it took how many; one for each queue of a lane that had something.
    public internal(set) var portions: [Portion] = []
    /// How many jobs it blocked because their concurrency key is full.
    public internal(set) var throttled = 0
    /// Whether the queue's limits left room for a job.
    public internal(set) var hasRoom = true
    /// Each tenant's part of its jobs; together 1.
    public var partsByTenant: [String: Double] {
      var parts: [String: Double] = [:]
      let part = 1 / Double(max(jobs.count, 1))
      for job in jobs { parts[job.tenant, default: 0] += part }
      return parts
    }
    /// Lowest transaction still open and first one not yet begun, as the claim saw them.
    public internal(set) var snapshot: (xmin: Int64, xmax: Int64) = (0, 0)
  }
}

/// The lanes that a claim was asked for.
struct LanesByNumber {
  private let lanes: [Int32: Lane]

  init(_ lanes: some Sequence<Lane>) {
    self.lanes = Dictionary(lanes.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
  }

  init(_ ranges: [ClaimRange]) {
    self.init(ranges.lazy.map(\.lane))
  }

  subscript(number: Int32) -> Lane? { lanes[number] }
}

extension JobQueue.Claim {
  /// A claim that took nothing.
  init(token: UUID) {
    self.token = token
  }

  /// A claim by the answers of its statements.
  /// - Parameters:
  ///   - rows: of `claim`, `claim_limited` or `claim_poison`.
  ///   - overlap: of `claim_overlap`.
  ///   - lanes: those that were asked for.
  init(_ rows: Rows, overlap: Rows, lanes: LanesByNumber, token: UUID) throws(PostgresError) {
    self.token = token
    guard let first = rows.first else { return }
    // A claim from a queue with limits says so also when it took nothing.
    if rows.count == 1, try first.get("job_id", as: JobID?.self) == nil {
      hasRoom = try first.get("has_room")
      return
    }
    var lost: Set<JobID> = []
    for row in overlap {
      lost.insert(try row.decode(Int64.self))
    }
    jobs.reserveCapacity(rows.count)
    var lane: Lane?
    for row in rows {
      var columns = row.reader()
      let id = try columns.next(JobID.self)
      let number = try columns.next(Int32.self)
      let position = try columns.next(Int64.self)
      let isRequeued = try columns.next(Bool.self)
      let twinID = try columns.next(UUID?.self)
      let arguments = try columns.next(JSON.self)
      let attempt = try columns.next(Int32.self)
      let maxAttempts = try columns.next(Int32.self)
      let crashes = try columns.next(Int32.self)
      let enqueuedAt = try columns.next(Date.self)
      let runAt = try columns.next(Date.self)
      let claimedAt = try columns.next(Date?.self)
      let deadline = try columns.next(Date?.self)
      let key = try columns.next(String?.self)
      let requestedBy = try columns.next(String.self)
      let schedule = try columns.next(String?.self)
      let tick = try columns.next(Date?.self)
      snapshot = (try columns.next(Int64.self), try columns.next(Int64.self))
      count(position, of: LaneQueue(lane: number, isRequeued: isRequeued), due: runAt.timeIntervalSince1970)
      guard let claimedAt else {
        throttled += 1
        continue
      }
      if lane?.number != number { lane = lanes[number] }
      guard let lane, !lost.contains(id) else { continue }
      jobs.append(
        Job(
          id: id, kind: lane.kind, queue: lane.queue, priority: lane.priority, tenant: lane.tenant, twinID: twinID,
          arguments: arguments, attempt: Int(attempt), maxAttempts: Int(maxAttempts), crashes: Int(crashes),
          token: token, enqueuedAt: enqueuedAt, runAt: runAt, claimedAt: claimedAt, deadline: deadline,
          concurrencyKey: key, requestedBy: requestedBy, schedule: schedule, tick: tick))
    }
    assert(Set(portions.map(\.queue)).count == portions.count, "the rows of a queue do not follow one another")
  }

  /// The server answers queue by queue.
  private mutating func count(_ position: Int64, of queue: LaneQueue, due: Double) {
    if let last = portions.indices.last, portions[last].queue == queue {
      portions[last].lastPosition = max(portions[last].lastPosition, position)
      portions[last].count += 1
      portions[last].lastDue = due
    } else {
      portions.append(Portion(queue: queue, lastPosition: position, count: 1, lastDue: due))
    }
  }
}
