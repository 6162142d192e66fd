/// One of the two queues of a lane.
public struct LaneQueue: Hashable, Sendable {
  /// By what the jobs of a queue are ordered.
  public enum Order: Hashable, Sendable, CaseIterable {
    /// Jobs that were ready when they were enqueued, by id.
    case fresh
    /// Jobs that became ready later (due, tried again, requeued, rescued), in the order in which they did.
    case requeued
  }

  /// Number of the lane.
  public let lane: Int32
  /// Which of the lane's two queues.
  public let order: Order

  /// A queue of a lane.
  public init(lane: Int32, order: Order) {
    self.lane = lane
    self.order = order
  }

  init(lane: Int32, isRequeued: Bool) {
    self.init(lane: lane, order: isRequeued ? .requeued : .fresh)
  }
}

/// The part of a lane's queue that a claim may take: positions above `cursor`, at most `limit` jobs.
public struct ClaimRange: Hashable, Sendable {
  /// Where to claim.
  public let lane: Lane
  /// Which of the lane's two queues.
  public let order: LaneQueue.Order
  /// Only positions above this.
  public let cursor: Int64
  /// At most this many jobs.
  public let limit: Int
  /// A range of a lower rank comes first, however long the jobs of others have waited.
  public let rank: Int

  /// A lane's queue and where in it to start.
  public init(lane: Lane, order: LaneQueue.Order, cursor: Int64, limit: Int, rank: Int = 0) {
    precondition(limit > 0, "a range of no jobs is no range")
    self.lane = lane
    self.order = order
    self.cursor = cursor
    self.limit = limit
    self.rank = rank
  }

  /// The lane's queue.
  public var queue: LaneQueue { LaneQueue(lane: lane.number, order: order) }
  var isRequeued: Bool { order == .requeued }
}
