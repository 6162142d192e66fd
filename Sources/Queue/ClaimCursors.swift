/// Where each lane queue's next claim starts, so that no claim walks the dead index entries of earlier ones.
///
/// A held snapshot (a dump, a forgotten `BEGIN`) stops vacuum: a claim that starts at the head of the index then walks
/// every entry that was ever claimed. So a claim starts after the last position that no unclaimed one can precede any
/// more. Positions become visible out of order: a transaction that took its id early may commit late. An enqueue takes
/// its transaction number before its id, so an id may be passed once every transaction that was open when it was seen
/// has ended. A transaction that stays open longer than `patience` is no longer waited for; the next head scan finds
/// what it brings.
///
/// While there is much to do, most claims start right after the last one (`reached`). Only every `lookBack` one starts
/// from the safe position again, to find what committed late.
///
/// A pure state machine: claims in, cursors out.
public struct ClaimCursors: Sendable {
  /// How long the cursor waits for a transaction that may still bring a lower position.
  public static let patience: Duration = .seconds(2)
  /// Between two claims from the safe position while claims come back full.
  public static let lookBack: Duration = .milliseconds(30)

  private struct Mark {
    let position: Int64
    let openBelow: Int64
    let seenAt: ContinuousClock.Instant
  }

  private struct State {
    /// Nothing below it can come any more.
    var safe: Int64 = 0
    /// The highest position ever claimed.
    var reached: Int64 = 0
    /// Claimed positions above `safe`, ascending, that a late commit may still precede.
    var marks: [Mark] = []
    /// When a claim last started from the safe position; nil: the next one must.
    var lookedBack: ContinuousClock.Instant?

    func looksBack(at now: ContinuousClock.Instant) -> Bool {
      lookedBack.map { $0 + lookBack <= now } ?? true
    }

    func assertOrder() {
      assert(safe <= reached, "safe \(safe) is beyond reached \(reached)")
      assert(marks.allSatisfy { $0.position > safe && $0.position <= reached }, "a mark is not in safe ..< reached")
      assert(zip(marks, marks.dropFirst()).allSatisfy { $0.position < $1.position }, "marks do not ascend")
    }
  }

  private var states: [LaneQueue: State] = [:]

  /// Knows no lane yet.
  public init() {}

  /// After which position the next claim from this queue starts.
  public func cursor(of queue: LaneQueue, at now: ContinuousClock.Instant) -> Int64 {
    guard let state = states[queue] else { return 0 }
    return state.looksBack(at: now) ? state.safe : state.reached
  }

  /// A head scan saw the first ready job of a queue that nobody works on.
  /// - Returns: whether it lies where claims would not have come to it.
  @discardableResult
  public mutating func found(_ queue: LaneQueue, first position: Int64) -> Bool {
    var state = states[queue] ?? State(safe: position - 1, reached: position - 1)
    let wasPassed = position <= state.safe
    if wasPassed { state.safe = position - 1 }
    if position <= state.reached { state.lookedBack = nil }
    state.assertOrder()
    states[queue] = state
    return wasPassed
  }

  /// A queue without jobs is forgotten; `found` takes it up again.
  public mutating func forget(_ queue: LaneQueue) {
    states[queue] = nil
  }

  /// A claim found nothing in these queues.
  /// - Returns: whether the claim entered one of them where the last claim ended, so that a late commit may lie behind:
  ///   then the next claims start from the safe positions.
  public mutating func foundNothing(
    in queues: some Sequence<LaneQueue>, at now: ContinuousClock.Instant
  ) -> Bool {
    var mayHaveMissed = false
    for queue in queues {
      guard let state = states[queue], state.lookedBack != nil else { continue }
      if !state.looksBack(at: now), state.safe < state.reached { mayHaveMissed = true }
      states[queue]?.lookedBack = nil
    }
    return mayHaveMissed
  }

  /// A claim took the positions up to `lastPosition` from a queue.
  /// - Parameters:
  ///   - cursor: where it started.
  ///   - isDrained: whether it took less than it might have: nothing visible is left above the cursor.
  ///   - snapshot: lowest transaction still open, and first one not yet begun, as the claim saw them.
  public mutating func claimed(
    _ queue: LaneQueue, after cursor: Int64, lastPosition: Int64, isDrained: Bool,
    snapshot: (xmin: Int64, xmax: Int64), at now: ContinuousClock.Instant
  ) {
    precondition(lastPosition > cursor, "a claim after \(cursor) cannot end at \(lastPosition)")
    var state = states[queue] ?? State()
    if cursor <= state.safe {
      while let mark = state.marks.first,
        mark.position <= lastPosition || isDrained,
        mark.openBelow <= snapshot.xmin || mark.seenAt.advanced(by: Self.patience) <= now
      {
        state.safe = mark.position
        state.marks.removeFirst()
      }
      state.lookedBack = now
    }
    if isDrained { state.lookedBack = nil }
    if lastPosition > state.marks.last?.position ?? state.safe {
      state.marks.append(Mark(position: lastPosition, openBelow: snapshot.xmax, seenAt: now))
    }
    state.reached = max(state.reached, lastPosition)
    state.assertOrder()
    states[queue] = state
  }
}
