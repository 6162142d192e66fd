import FoundationEssentials
import Queue

/// Decides which workers look dead: those whose heartbeat counter has stood still for three of its heartbeats by the
/// observer's own monotonic clock. A step of the server's clock, or the server's own absence, kills nobody.
/// A pure state machine.
public struct RescueWatch: Sendable {
  private var seen: [UUID: (count: Int64, since: ContinuousClock.Instant)] = [:]

  /// Has seen nobody yet.
  public init() {}

  /// Takes what was read at `now` and returns those that have stood still long enough.
  public mutating func observe(
    _ heartbeats: [JobQueue.Heartbeat], at now: ContinuousClock.Instant
  ) -> [JobQueue.Heartbeat] {
    var next: [UUID: (count: Int64, since: ContinuousClock.Instant)] = [:]
    var suspects: [JobQueue.Heartbeat] = []
    for heartbeat in heartbeats {
      if let earlier = seen[heartbeat.worker], earlier.count == heartbeat.count {
        assert(earlier.since <= now, "the observer's clock went back")
        next[heartbeat.worker] = earlier
        if earlier.since + heartbeat.interval * 3 <= now { suspects.append(heartbeat) }
      } else {
        next[heartbeat.worker] = (heartbeat.count, now)
      }
    }
    seen = next
    return suspects
  }

  /// The observer could not look: what it saw before says nothing about the time between.
  public mutating func interrupted() {
    seen.removeAll()
  }
}
