import Postgres

/// The lanes to claim from. Few are read as a whole, and a claim looks into each. Of many, a worker keeps those that have
/// work: a scan goes through all of them a part at a time, and each reading finds those that got jobs since the last.
extension JobQueue {
  /// The lanes, where there are few.
  public struct LanesReading: Sendable {
    /// The lanes of the kinds and queues that were asked for; none when there are many.
    public let lanes: [Lane]
    /// Whether there are more lanes than a claim should look into.
    public let areMany: Bool
    /// Until the next scheduled job is due; nil: none is.
    public let nextDue: Duration?
    /// How many jobs became due and were made ready.
    public let promoted: Int

    /// A reading of the lanes.
    public init(lanes: [Lane], areMany: Bool = false, nextDue: Duration? = nil, promoted: Int = 0) {
      self.lanes = lanes
      self.areMany = areMany
      self.nextDue = nextDue
      self.promoted = promoted
    }
  }

  /// The last positions at which jobs became ready.
  public struct ReadyPositions: Hashable, Sendable {
    /// A job's id.
    public var fresh: Int64
    /// A requeue_seq.
    public var requeued: Int64

    /// Positions.
    public init(fresh: Int64, requeued: Int64) {
      self.fresh = fresh
      self.requeued = requeued
    }
  }

  /// A queue of a lane with its first job that nobody works on.
  public struct LaneHead: Hashable, Sendable {
    /// The lane.
    public let lane: Lane
    /// Which of its two queues.
    public let order: LaneQueue.Order
    /// The job's position.
    public let position: Int64
    /// Seconds since 1970 at which the job was to start.
    public let due: Double

    /// A queue's first job.
    public init(lane: Lane, order: LaneQueue.Order, position: Int64, due: Double) {
      self.lane = lane
      self.order = order
      self.position = position
      self.due = due
    }

    /// The queue of the lane.
    public var queue: LaneQueue { LaneQueue(lane: lane.number, order: order) }
  }

  /// Of many lanes, those that got jobs since given positions.
  public struct LanesFound: Sendable {
    /// One for each queue of a lane with a job that nobody works on.
    public var heads: [LaneHead] = []
    /// The last positions that it came to.
    public var reached = ReadyPositions(fresh: 0, requeued: 0)
    /// Whether it came to the end of the fresh jobs, and of the requeued ones.
    public var isEnd = (fresh: true, requeued: true)
    /// Lowest transaction still open and first one not yet begun.
    public var snapshot: (xmin: Int64, xmax: Int64) = (0, 0)
    /// Changes whenever a queue is paused, resumed or limited anew.
    public var settings: Int64 = 0
    /// Until the next scheduled job is due; nil: none is.
    public var nextDue: Duration?

    /// Nothing found.
    public init() {}
  }

  /// A part of the lanes with work.
  public struct LaneScan: Sendable {
    /// One for each queue of a lane with a job that nobody works on.
    public var heads: [LaneHead]
    /// The lane after which the next part begins; nil: this was the last one.
    public var next: Int32?

    /// A part of the lanes.
    public init(heads: [LaneHead] = [], next: Int32? = nil) {
      self.heads = heads
      self.next = next
    }
  }

  /// Up to how many lanes a claim looks into each of them. Too low: a job in a lane that had none costs a round trip
  /// more; too high: each claim looks into many empty lanes.
  public static let fewLanes: Int64 = 200

  /// Makes due jobs ready, whoever serves them, and reads the lanes, if there are few. One round trip.
  /// - Parameter queues: nil = all.
  public static func promoteDueAndReadLanes(
    queues: [String]?, kinds: [String], few: Int64 = fewLanes, on connection: Connection
  ) async throws(PostgresError) -> LanesReading {
    var pipeline = Pipeline()
    pipeline.add(Statements.hotPlan())
    let promote = pipeline.add(Statements.promote(Int32(promotionLimit)))
    let nextDue = pipeline.add(Statements.nextDue())
    let read = pipeline.add(Statements.lanes(queues, kinds, few))
    pipeline.add(Statements.hotPlanEnd())
    let answers = try await connection.pipeline(pipeline)
    let areMany = answers[read].count > few
    var lanes: [Lane] = []
    if !areMany {
      for row in answers[read] {
        var columns = row.reader()
        let lane = try Lane(&columns)
        if try columns.next(Bool.self) { lanes.append(lane) }
      }
    }
    let promoted: Int64 = try answers[promote].only().decode(Int64.self)
    let seconds = try answers[nextDue].first?.decode(Double.self)
    return LanesReading(
      lanes: lanes, areMany: areMany, nextDue: seconds.map { .seconds($0) }, promoted: Int(promoted))
  }

  /// Makes due jobs ready, whoever serves them, and finds the lanes that got jobs. One round trip.
  /// - Parameters:
  ///   - queues: nil = all.
  ///   - positions: nil = it only asks for the last ones.
  public static func promoteDueAndFindLanes(
    since positions: ReadyPositions?, queues: [String]?, kinds: [String], on connection: Connection
  ) async throws(PostgresError) -> LanesFound {
    var pipeline = Pipeline()
    pipeline.add(Statements.hotPlan())
    pipeline.add(Statements.promote(Int32(promotionLimit)))
    let nextDue = pipeline.add(Statements.nextDue())
    let find = pipeline.add(
      Statements.lanesSince(positions?.fresh, positions?.requeued, Int32(findLimit), queues, kinds))
    pipeline.add(Statements.hotPlanEnd())
    let answers = try await connection.pipeline(pipeline)
    var found = LanesFound()
    let seconds = try answers[nextDue].first?.decode(Double.self)
    found.nextDue = seconds.map { .seconds($0) }
    for row in answers[find] {
      if let head = try LaneHead(row) {
        found.heads.append(head)
      } else {
        found.reached = ReadyPositions(fresh: try row.get("position"), requeued: try row.get("requeued_position"))
        found.isEnd = (try row.get("is_end_of_fresh"), try row.get("is_end_of_requeued"))
        found.snapshot = (try row.get("snapshot_xmin"), try row.get("snapshot_xmax"))
        found.settings = try row.get("settings")
      }
    }
    return found
  }

  /// Goes through a part of the lanes with work, from the front of the index: it may walk many dead entries.
  /// - Parameters:
  ///   - lane: after which it begins; 0 = with the first one.
  ///   - queues: nil = all.
  public static func scanLanes(
    after lane: Int32, queues: [String]?, kinds: [String], limit: Int = scanLimit, on connection: Connection
  ) async throws(PostgresError) -> LaneScan {
    var pipeline = Pipeline()
    pipeline.add(Statements.hotPlan())
    let scan = pipeline.add(Statements.laneScan(lane, Int32(limit), queues, kinds))
    var result = LaneScan()
    for row in try await connection.pipeline(pipeline)[scan] {
      if let head = try LaneHead(row) { result.heads.append(head) } else { result.next = try row.get("next_lane") }
    }
    return result
  }

  /// Most jobs that one statement makes ready, so that it never holds many locks.
  private static let promotionLimit = 5000
  /// Most jobs that one reading walks over to find their lanes: some 10 ms.
  private static let findLimit = 20_000
  /// Most lanes of one scan: some 10 ms.
  public static let scanLimit = 1000

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

  /// Looks at every queue of few lanes from the head of the index, which may walk many dead entries.
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
}

extension Lane {
  /// By the columns lane, queue, kind, tenant, priority, ageing_seconds, is_limited.
  init(_ columns: inout RowReader) throws(PostgresError) {
    self.init(
      number: try columns.next(Int32.self), queue: try columns.next(String.self), kind: try columns.next(String.self),
      tenant: try columns.next(String.self), priority: Int(try columns.next(Int32.self)),
      ageing: .seconds(try columns.next(Double.self)), isLimited: try columns.next(Bool.self))
  }
}

extension JobQueue.LaneHead {
  /// By the columns is_requeued, position, due and those of a lane; nil: the row is not about a lane queue.
  fileprivate init?(_ row: Row) throws(PostgresError) {
    var columns = row.reader()
    guard let isRequeued = try columns.next(Bool?.self) else { return nil }
    position = try columns.next(Int64.self)
    due = try columns.next(Double.self)
    order = isRequeued ? .requeued : .fresh
    lane = try Lane(&columns)
  }
}
