import FoundationEssentials

/// Decides the next action of the scheduler process: events in, one action out. It knows no server and no clock.
struct TickLoop: Sendable {
  enum Event: Hashable, Sendable {
    /// A connection is open.
    case connected
    /// The server's time, and when the next schedule is due; nil without enabled schedules.
    case peeked(now: Date, next: Date?)
    /// A tick committed that took this many due schedules.
    case ticked(schedules: Int)
    /// Old ticks were deleted; true when there may be more.
    case pruned(isBehind: Bool)
    /// A sleep is over.
    case slept
    /// A statement or the connection failed. `random` is 0 ..< 1.
    case failed(random: Double)
    /// The process is asked to stop.
    case stopped
  }

  enum Action: Hashable, Sendable {
    case connect
    case peek
    case tick
    case prune
    case sleep(Duration)
    /// Drop the connection if there is one, sleep, connect.
    case reconnect(after: Duration)
    case finish
  }

  /// Bounds of the loop's pace.
  struct Pace: Hashable, Sendable {
    /// The longest sleep: an edited schedule takes force within it.
    var poll: Duration = .seconds(1)
    /// The sleep when another scheduler holds all that is due.
    var contention: Duration = .milliseconds(50)
    /// The first and the longest sleep after a failure.
    var backoff: ClosedRange<Duration> = .milliseconds(100)...(.seconds(2))
    /// How often old ticks are looked for.
    var pruning: Duration = .seconds(60)
  }

  let pace: Pace
  private(set) var failures = 0
  private var prunedAt: Date?
  private var now: Date?

  init(pace: Pace = Pace()) {
    self.pace = pace
  }

  /// The action that an event calls for.
  mutating func handle(_ event: Event) -> Action {
    switch event {
    case .connected, .slept:
      return .peek
    case .peeked(let now, let next):
      // A look is no success yet if there is something to write: on a standby looks succeed and writes fail.
      self.now = now
      if let next, next <= now { return .tick }
      guard let pruned = prunedAt, now.timeIntervalSince(pruned) < pace.pruning / .seconds(1) else { return .prune }
      failures = 0
      guard let next else { return .sleep(pace.poll) }
      return .sleep(min(pace.poll, .seconds(next.timeIntervalSince(now))))
    case .ticked(let schedules):
      failures = 0
      return schedules > 0 ? .peek : .sleep(pace.contention)
    case .pruned(let isBehind):
      failures = 0
      if !isBehind { prunedAt = now }
      return .peek
    case .failed(let random):
      failures += 1
      let ceiling = min(pace.backoff.upperBound, pace.backoff.lowerBound * (1 << min(failures - 1, 10)))
      // Half fixed, half random: schedulers that lost the server together do not come back together.
      return .reconnect(after: ceiling * (0.5 + random / 2))
    case .stopped:
      return .finish
    }
  }
}
