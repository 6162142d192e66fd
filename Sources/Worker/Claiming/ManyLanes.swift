import Queue

/// A worker's knowledge of many lanes: those with work, how far it has gone through all of them, and the positions up to
/// which it has seen jobs become ready.
struct ManyLanes: Sendable {
  /// The queues of no lane: the cursors of what a reading saw.
  private static let freshNews = LaneQueue(lane: 0, order: .fresh)
  private static let requeuedNews = LaneQueue(lane: 0, order: .requeued)

  /// The lane queues that have work, as far as known.
  private(set) var active = ActiveLanes()
  /// Where the next scan begins.
  private(set) var nextLane: Int32 = 0
  /// Whether a scan has not yet come to the end once: until then there may be work that nobody has told of.
  private(set) var isFirstLap = true
  private var knowsPositions = false
  private var settings: Int64?
  private var turns = GroupTurns()

  // MARK: - Reading

  /// From where the next reading goes on; nil: it only asks for the last positions.
  func positions(_ cursors: ClaimCursors, at now: ContinuousClock.Instant) -> JobQueue.ReadyPositions? {
    guard knowsPositions else { return nil }
    return JobQueue.ReadyPositions(
      fresh: cursors.cursor(of: Self.freshNews, at: now), requeued: cursors.cursor(of: Self.requeuedNews, at: now))
  }

  /// Takes note of the lanes that got jobs.
  mutating func found(
    _ found: JobQueue.LanesFound, since positions: JobQueue.ReadyPositions?, _ cursors: inout ClaimCursors,
    at now: ContinuousClock.Instant
  ) {
    if settings != found.settings {
      // A queue that was resumed or has other limits: all is found anew.
      if settings != nil {
        active = ActiveLanes()
        (nextLane, isFirstLap) = (0, true)
      }
      settings = found.settings
    }
    add(found.heads, areNew: true, &cursors)
    guard let positions else {
      cursors.found(Self.freshNews, first: found.reached.fresh + 1)
      cursors.found(Self.requeuedNews, first: found.reached.requeued + 1)
      knowsPositions = true
      return
    }
    for (queue, after, reached, isEnd) in [
      (Self.freshNews, positions.fresh, found.reached.fresh, found.isEnd.fresh),
      (Self.requeuedNews, positions.requeued, found.reached.requeued, found.isEnd.requeued),
    ] where reached > after {
      cursors.claimed(
        queue, after: after, lastPosition: reached, isDrained: isEnd, snapshot: found.snapshot, at: now)
    }
  }

  /// Takes note of a part of the scan; nil: it failed.
  mutating func scanned(_ scan: JobQueue.LaneScan?, _ cursors: inout ClaimCursors) {
    guard let scan else { return }
    add(scan.heads, areNew: false, &cursors)
    nextLane = scan.next ?? 0
    if scan.next == nil { isFirstLap = false }
  }

  private mutating func add(_ heads: [JobQueue.LaneHead], areNew: Bool, _ cursors: inout ClaimCursors) {
    for head in heads {
      cursors.found(head.queue, first: head.position)
      active.found(head, isNew: areNew)
    }
  }

  // MARK: - Claiming

  /// The groups of this round, in turn: a queue with limits each, and all others (nil).
  mutating func groupsOfRound() -> [String?] {
    turns.add(active.takeNewGroups())
    return turns.next { active.hasWork(in: $0) }
  }

  /// A group had a claim's turn: the others come first.
  mutating func hadTurn(_ group: String?) {
    turns.had(group)
  }

  /// The ranges of the next claim; empty: the group has no work.
  mutating func ranges(
    of group: String?, limits: [String: Int], used: [String: Double], _ cursors: ClaimCursors,
    at now: ContinuousClock.Instant
  ) -> [ClaimRange] {
    active.choose(from: group, limits: limits, used: used).enumerated().map { rank, chosen in
      ClaimRange(
        lane: chosen.lane, order: chosen.order,
        cursor: cursors.cursor(of: LaneQueue(lane: chosen.lane.number, order: chosen.order), at: now),
        limit: limits[chosen.lane.kind] ?? 1, rank: rank)
    }
  }

  /// A claim gave these portions; empty queues are forgotten.
  mutating func answered(
    _ ranges: [ClaimRange], portions: [JobQueue.Claim.Portion], isDrained: Bool, _ cursors: inout ClaimCursors
  ) {
    for queue in active.answered(ranges, portions: portions, isDrained: isDrained) { cursors.forget(queue) }
  }

  /// A claim failed, or its queue had no room.
  mutating func putBack(_ ranges: [ClaimRange]) {
    active.putBack(ranges)
  }
}
