import FoundationEssentials
import Queue

/// Decides who looks dead: a worker whose heartbeat counter has stood still for three of its heartbeats by the
/// observer's own monotonic clock. A step of the server's clock, or the server's own absence, kills nobody.
/// A pure state machine.
public struct RescueWatch: Sendable {
  private var seen: [UUID: (beat: Int64, since: ContinuousClock.Instant)] = [:]

  /// Has seen nobody yet.
  public init() {}

  /// Takes what was read at `now` and returns those that have stood still long enough.
  public mutating func observe(_ beats: [JobQueue.Beat], at now: ContinuousClock.Instant) -> [JobQueue.Beat] {
    var next: [UUID: (beat: Int64, since: ContinuousClock.Instant)] = [:]
    var suspects: [JobQueue.Beat] = []
    for beat in beats {
      if let earlier = seen[beat.worker], earlier.beat == beat.beat {
        next[beat.worker] = earlier
        if earlier.since + beat.heartbeat * 3 <= now { suspects.append(beat) }
      } else {
        next[beat.worker] = (beat.beat, now)
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
