/// Where each lane's next claim starts, so that no claim walks the dead index entries of earlier ones.
///
/// A held snapshot (a dump, a forgotten `BEGIN`) stops vacuum: a claim that starts at the front of the index then
/// walks every entry that was ever claimed. So a claim starts after the last place that can no longer be preceded by an
/// unclaimed one. Places become visible out of order: a transaction that took its id early may commit late. An enqueue
/// takes its transaction number before its id, so an id may be passed once every transaction that was open when it was
/// seen has ended; a transaction that stays open longer than `patience` is no longer waited for, and what it brings is
/// found by the next look from the front.
///
/// While there is much to do, most claims start right after the last one (`reached`), and only every `lookBack` one
/// starts from the safe place again, to find what committed late.
///
/// A pure state machine: claims in, cursors out.
public struct ClaimCursors: Sendable {
  /// How long the cursor waits for a transaction that may still bring a lower place.
  public static let patience: Duration = .seconds(2)
  /// Between two claims from the safe place while claims come back full.
  public static let lookBack: Duration = .milliseconds(30)

  private struct Mark {
    let place: Int64
    let openBelow: Int64
    let seenAt: ContinuousClock.Instant
  }

  private struct Position {
    /// Nothing below it can come any more.
    var safe: Int64 = 0
    /// The highest place ever claimed.
    var reached: Int64 = 0
    var marks: [Mark] = []
    /// When a claim last started from the safe place; nil: the next one must.
    var lookedBack: ContinuousClock.Instant?
  }

  private var positions: [LaneHalf: Position] = [:]

  /// Knows no lane yet.
  public init() {}

  /// After which place the next claim from this line starts.
  public func cursor(of half: LaneHalf, at now: ContinuousClock.Instant) -> Int64 {
    guard let position = positions[half] else { return 0 }
    return looksBack(position, at: now) ? position.safe : position.reached
  }

  private func looksBack(_ position: Position, at now: ContinuousClock.Instant) -> Bool {
    position.lookedBack.map { $0 + Self.lookBack <= now } ?? true
  }

  /// A line's first ready job that nobody works on, seen from the front of the index.
  /// - Returns: whether it lies where claims would not have come to it.
  @discardableResult
  public mutating func found(_ half: LaneHalf, first place: Int64) -> Bool {
    var position = positions[half] ?? Position(safe: place - 1)
    let wasPassed = place <= position.safe
    if wasPassed {
      position.safe = place - 1
      position.marks.removeAll { $0.place < place }
    }
    if place <= position.reached { position.lookedBack = nil }
    positions[half] = position
    return wasPassed
  }

  /// A claim found nothing in these lines.
  /// - Returns: whether one of them had been entered where the last claim ended, so that a late commit may lie behind:
  ///   then the next claims start from the safe places.
  public mutating func foundNothing(in halves: [LaneHalf], at now: ContinuousClock.Instant) -> Bool {
    var mayHaveMissed = false
    for half in halves {
      guard let position = positions[half], position.lookedBack != nil else { continue }
      if !looksBack(position, at: now), position.safe < position.reached { mayHaveMissed = true }
      positions[half]?.lookedBack = nil
    }
    return mayHaveMissed
  }

  /// A claim took the places up to `highest` from a line.
  /// - Parameters:
  ///   - cursor: where it started.
  ///   - isDrained: whether it took less than it might have: nothing visible is left above the cursor.
  ///   - snapshot: lowest transaction still open, and first one not yet begun, as the claim saw them.
  public mutating func claimed(
    _ half: LaneHalf, after cursor: Int64, highest: Int64, isDrained: Bool, snapshot: (xmin: Int64, xmax: Int64),
    at now: ContinuousClock.Instant
  ) {
    var position = positions[half] ?? Position()
    if cursor <= position.safe {
      while let mark = position.marks.first,
        mark.place <= highest || isDrained,
        mark.openBelow <= snapshot.xmin || mark.seenAt.advanced(by: Self.patience) <= now
      {
        position.safe = max(position.safe, mark.place)
        position.marks.removeFirst()
      }
      position.lookedBack = now
    }
    if isDrained { position.lookedBack = nil }
    if position.marks.last.map({ $0.place < highest }) ?? (position.safe < highest) {
      position.marks.append(Mark(place: highest, openBelow: snapshot.xmax, seenAt: now))
    }
    position.reached = max(position.reached, highest)
    positions[half] = position
  }
}
