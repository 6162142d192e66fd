import FoundationEssentials
import Postgres

/// The daemon's side of the queue: every statement that a worker runs against the jobs tables.
public struct JobQueue: Sendable {
  /// This worker's id, random for each start.
  public let worker: UUID

  /// The queue as one worker sees it.
  public init(worker: UUID) {
    self.worker = worker
  }

  // MARK: - Claim

  /// What one claim took: jobs of one lane, in order of place.
  public struct Claim: Sendable {
    /// Empty: there was nothing.
    public let jobs: [Job]
    /// The claim's share of the fence.
    public let token: UUID
    /// Where the jobs stood; nil when it took nothing.
    public let half: LaneHalf?
    /// Highest place that it took or set aside.
    public let highest: Int64
    /// How many jobs were set aside because their concurrency key is full.
    public let aside: Int
    /// Lowest transaction still open and first one not yet begun, as the claim saw them.
    public let snapshot: (xmin: Int64, xmax: Int64)
  }

  /// A line to claim from: places above `cursor`, at most `limit` jobs.
  public struct LaneClaim: Sendable {
    /// Where to claim.
    public let lane: Lane
    /// Which of the lane's lines.
    public let isReturned: Bool
    /// Only places above this.
    public let cursor: Int64
    /// At most this many.
    public let limit: Int
    /// Lower comes first, whatever waits longer.
    public let rank: Int

    /// A line and where in it to start.
    public init(lane: Lane, isReturned: Bool, cursor: Int64, limit: Int, rank: Int = 0) {
      self.lane = lane
      self.isReturned = isReturned
      self.cursor = cursor
      self.limit = limit
      self.rank = rank
    }

    /// The line.
    public var half: LaneHalf { LaneHalf(lane: lane.number, isReturned: isReturned) }
  }

  /// Claims a batch from the line whose next job comes first. One round trip.
  ///
  /// Lines of queues that are paused or limited give nothing.
  /// - Parameter token: random, and known to be live before it is used: see `returnStrays`.
  public func claim(
    from lines: [LaneClaim], token: UUID, on connection: Connection
  ) async throws(PostgresError) -> Claim {
    let statement = Statements.claim(
      worker, token, lines.map(\.lane.number), lines.map(\.isReturned), lines.map(\.cursor),
      lines.map { Int32($0.limit) }, lines.map { Int32($0.rank) }, lines.map(\.lane.behind))
    let answers = try await connection.pipeline([Statements.claimPlan(), statement, Statements.claimOverlap(token)])
    return try Self.claim(answers[1], overlap: answers[2], lanes: lines.map(\.lane), token: token)
  }

  /// Claims a batch from one queue with limits, as far as they leave room. One round trip.
  /// - Returns: the claim; nil when another worker is just counting.
  public func claim(
    fromLimited queue: String, _ lines: [LaneClaim], token: UUID, on connection: Connection
  ) async throws(PostgresError) -> Claim? {
    let statement = Statements.claimLimited(
      worker, token, lines.map(\.lane.number), lines.map(\.isReturned), lines.map(\.cursor),
      lines.map { Int32($0.limit) }, lines.map { Int32($0.rank) }, lines.map(\.lane.behind), queue)
    let answers = try await connection.pipeline([
      Statements.claimPlan(), Statements.lockQueue(queue), statement, Statements.claimOverlap(token),
    ])
    let isLocked: Bool = try answers[1][0].decode(Bool.self)
    guard isLocked else { return nil }
    return try Self.claim(answers[2], overlap: answers[3], lanes: lines.map(\.lane), token: token)
  }

  /// Claims one job that was there at two crashes, to run it alone.
  /// - Parameters:
  ///   - queues: nil = all.
  ///   - lanes: those known; a job of another one is left for later.
  public func claimSuspect(
    queues: [String]?, kinds: [String], lanes: [Lane], token: UUID, on connection: Connection
  ) async throws(PostgresError) -> Claim {
    let answers = try await connection.pipeline([
      Statements.claimPlan(), Statements.lockSuspects(queues, kinds),
      Statements.claimSuspect(worker, token, lanes.map(\.number)), Statements.claimOverlap(token),
    ])
    return try Self.claim(answers[2], overlap: answers[3], lanes: lanes, token: token)
  }

  private static func claim(
    _ rows: Rows, overlap: Rows, lanes: [Lane], token: UUID
  ) throws(PostgresError) -> Claim {
    var lost: Set<JobID> = []
    for row in overlap {
      lost.insert(try row.decode(Int64.self))
    }
    var jobs: [Job] = []
    jobs.reserveCapacity(rows.count)
    var half: LaneHalf?
    var lane: Lane?
    var highest: Int64 = 0
    var aside = 0
    var snapshot: (Int64, Int64) = (0, 0)
    for row in rows {
      var columns = row.reader()
      let id = try columns.next(JobID.self)
      let number = try columns.next(Int32.self)
      let place = try columns.next(Int64.self)
      let isReturned = try columns.next(Bool.self)
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
      let xmin = try columns.next(Int64.self)
      let xmax = try columns.next(Int64.self)
      if half == nil {
        half = LaneHalf(lane: number, isReturned: isReturned)
        lane = lanes.first { $0.number == number }
      }
      highest = max(highest, place)
      snapshot = (xmin, xmax)
      guard let claimedAt else {
        aside += 1
        continue
      }
      guard let lane, !lost.contains(id) else { continue }
      jobs.append(
        Job(
          id: id, kind: lane.kind, queue: lane.queue, priority: lane.priority, tenant: lane.tenant, twinID: twinID,
          arguments: arguments, attempt: Int(attempt), maxAttempts: Int(maxAttempts), crashes: Int(crashes),
          token: token, enqueuedAt: enqueuedAt, runAt: runAt, claimedAt: claimedAt, deadline: deadline,
          concurrencyKey: key, requestedBy: requestedBy, schedule: schedule, tick: tick))
    }
    return Claim(jobs: jobs, token: token, half: half, highest: highest, aside: aside, snapshot: snapshot)
  }

  // MARK: - Survey

  /// What there is to claim from.
  public struct Survey: Sendable {
    /// The lanes that this worker serves; of many, those that have jobs.
    public let lanes: [Lane]
    /// How many jobs became due and were made ready.
    public let promoted: Int64
    /// Until the next scheduled job is due; nil: none is.
    public let nextDue: Duration?
  }

  /// Makes due jobs ready and reads the lanes.
  /// - Parameters:
  ///   - queues: nil = all.
  ///   - few: while there are more lanes than this, only those that have jobs are told of. Too low: lanes with a first
  ///     job are found a look later for nothing; too high: each claim looks into all of them.
  public func survey(
    queues: [String]?, kinds: [String], few: Int64 = 200, on connection: Connection
  ) async throws(PostgresError) -> Survey {
    let answers = try await connection.pipeline([
      Statements.hotPlan(), Statements.promote(Int32(Self.promotionLimit)), Statements.nextDue(),
      Statements.lanes(queues, kinds, few), Statements.hotPlanEnd(),
    ])
    var lanes: [Lane] = []
    for row in answers[3] {
      let (number, queue, kind, tenant, priority, ageing, isLimited) = try row.decode(
        Int32.self, String.self, String.self, String.self, Int32.self, Double.self, Bool.self)
      lanes.append(
        Lane(
          number: number, queue: queue, kind: kind, tenant: tenant, priority: Int(priority), ageing: .seconds(ageing),
          isLimited: isLimited))
    }
    let promoted: Int64 = try answers[1][0].decode(Int64.self)
    let seconds = try answers[2].first?.decode(Double.self)
    return Survey(lanes: lanes, promoted: promoted, nextDue: seconds.map { .seconds($0) })
  }

  /// The first ready job of every line that nobody works on, from the front of the index: may walk many dead entries.
  public func fronts(
    of lanes: [Lane], on connection: Connection
  ) async throws(PostgresError) -> [(half: LaneHalf, first: Int64)] {
    let rows = try await connection.pipeline([Statements.hotPlan(), Statements.fronts(lanes.map(\.number))])[1]
    var fronts: [(half: LaneHalf, first: Int64)] = []
    for row in rows {
      let (lane, isReturned, place) = try row.decode(Int32.self, Bool.self, Int64.self)
      fronts.append((LaneHalf(lane: lane, isReturned: isReturned), place))
    }
    return fronts
  }

  /// Most jobs that one survey makes ready, so that it never holds many locks.
  private static let promotionLimit = 5000
}

extension Duration {
  /// As a number of seconds.
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
