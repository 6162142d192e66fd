/// Jobs of one queue, kind and priority: what one claim takes from.
public struct Lane: Hashable, Sendable {
  /// The jobs' queue.
  public let queue: String
  /// The jobs' kind.
  public let kind: String
  /// The jobs' priority.
  public let priority: Int

  /// The lane of these jobs.
  public init(queue: String, kind: String, priority: Int) {
    self.queue = queue
    self.kind = kind
    self.priority = priority
  }
}

/// Where each lane's next claim starts, so that no claim walks the dead index entries of earlier ones.
///
/// A held snapshot (a dump, a forgotten `BEGIN`) stops vacuum: a claim that starts at the front of the index then
/// walks every entry that was ever claimed. So a claim starts after the last id that can no longer be preceded by an
/// unclaimed one. Ids become visible out of order: a transaction that took its id early may commit late. An enqueue
/// takes its transaction number before its id, so an id may be passed once every transaction that was open when it was
/// seen has ended; a transaction that stays open longer than `patience` is no longer waited for, and what it brings is
/// found by the next look from the front.
///
/// A pure state machine: claims in, cursors out.
public struct ClaimCursors: Sendable {
  /// How long the cursor waits for a transaction that may still bring a lower id.
  public static let patience: Duration = .seconds(2)

  private struct Mark {
    let id: JobID
    let openBelow: Int64
    let seenAt: ContinuousClock.Instant
  }

  private struct Position {
    /// Claims take ids above this.
    var cursor: JobID = 0
    var marks: [Mark] = []
    /// When a job was last seen in the lane.
    var usedAt: ContinuousClock.Instant
  }

  /// A lane in which nothing was seen for this long is forgotten; the next survey finds it again.
  public static let memory: Duration = .seconds(60)

  private var positions: [Lane: Position] = [:]

  /// Knows no lane yet.
  public init() {}

  /// The lanes known, each with the id after which its next claim starts.
  public var lanes: [(lane: Lane, cursor: JobID)] {
    positions.map { ($0.key, $0.value.cursor) }
  }

  /// A lane's first ready job, seen from the front of the index or just promoted: it may lie behind the cursor.
  public mutating func found(_ lane: Lane, first id: JobID, at now: ContinuousClock.Instant) {
    var position = positions[lane] ?? Position(cursor: id - 1, usedAt: now)
    position.usedAt = now
    if id <= position.cursor {
      position.cursor = id - 1
      position.marks.removeAll { $0.id < id }
    }
    positions[lane] = position
  }

  /// A claim took the ids up to `highest` from a lane.
  /// - Parameters:
  ///   - isDrained: whether it took less than it might have: nothing visible is left below any id.
  ///   - snapshot: lowest transaction still open, and first one not yet begun, as the claim saw them.
  public mutating func claimed(
    _ lane: Lane, highest: JobID, isDrained: Bool, snapshot: (xmin: Int64, xmax: Int64), at now: ContinuousClock.Instant
  ) {
    var position = positions[lane] ?? Position(usedAt: now)
    position.usedAt = now
    while let mark = position.marks.first,
      mark.id <= highest || isDrained,
      mark.openBelow <= snapshot.xmin || mark.seenAt.advanced(by: Self.patience) <= now
    {
      position.cursor = max(position.cursor, mark.id)
      position.marks.removeFirst()
    }
    if position.marks.last.map({ $0.id < highest }) ?? (position.cursor < highest) {
      position.marks.append(Mark(id: highest, openBelow: snapshot.xmax, seenAt: now))
    }
    positions[lane] = position
  }

  /// Forgets lanes that have long been empty: priorities and queues may be many over the life of a process.
  public mutating func prune(at now: ContinuousClock.Instant) {
    positions = positions.filter { $0.value.usedAt + Self.memory > now }
  }
}
