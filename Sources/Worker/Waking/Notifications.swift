import Synchronization

/// When a listener was notified of jobs, for the loop that looks again after each notification.
final class Notifications: Sendable {
  /// How long a session that has notified twice may enqueue without a word (`twinmill.wake`).
  static let throttleWindow: Duration = .milliseconds(10)

  private let arrival = WakeUp()
  private let times = Mutex<(last: ContinuousClock.Instant?, before: ContinuousClock.Instant?)>((nil, nil))

  /// A notification came in.
  func reported(at now: ContinuousClock.Instant = .now) {
    times.withLock { $0 = (now, $0.last) }
    arrival.signal()
  }

  /// Returns when there is a notification that `next` and `take` have not reported yet.
  func next() async {
    await arrival.wait(atMost: .seconds(3600))
  }

  /// Whether a notification came since the last `next` or `take`.
  func take() -> Bool { arrival.take() }

  /// Whether a session may have enqueued since the last notification without a word: two notifications followed one
  /// another as those of one throttle window do (on their way they may come apart by as much again), and the window is
  /// not over.
  func mayBeThrottled(at now: ContinuousClock.Instant = .now) -> Bool {
    times.withLock { times in
      guard let last = times.last, let before = times.before else { return false }
      return last - before < Self.throttleWindow * 2 && now < last + Self.throttleWindow
    }
  }
}
