import Synchronization

/// When a listener was told of jobs, for the loop that looks again after each hint.
final class Hints: Sendable {
  /// The throttle's turn: how long a session that has notified twice may keep quiet (`twinmill.wake`).
  static let turn: Duration = .milliseconds(10)

  private let arrival = WakeUp()
  private let times = Mutex<(last: ContinuousClock.Instant?, before: ContinuousClock.Instant?)>((nil, nil))

  /// A notification came in.
  func heard(at now: ContinuousClock.Instant = .now) {
    times.withLock { $0 = (now, $0.last) }
    arrival.signal()
  }

  /// Returns when there is a hint that `next` and `take` have not told of.
  func next() async {
    await arrival.wait(atMost: .seconds(3600))
  }

  /// Whether a hint came since the last look; it counts as heard.
  func take() -> Bool { arrival.take() }

  /// Whether some session may have enqueued since the last hint without a word: two hints followed one another as those
  /// of one turn do (on their way they may come apart by as much again), and the turn is not over.
  func mayBeOutrun(at now: ContinuousClock.Instant = .now) -> Bool {
    times.withLock { times in
      guard let last = times.last, let before = times.before else { return false }
      return last - before < Self.turn * 2 && now < last + Self.turn
    }
  }
}
