import FoundationEssentials

/// The rule for a planned instant while a job of the same schedule is unfinished.
public enum OverlapPolicy: String, CaseIterable, Sendable {
  /// The instant is skipped.
  case skip
  /// One job may wait beside the running one; further instants are skipped.
  case queueOne = "queue_one"
  /// Jobs may overlap without limit.
  case allow
}

/// The rule for planned instants that passed while no scheduler or no database ran.
public enum CatchUpPolicy: Hashable, Sendable {
  /// They are missed. The newest instant still runs when it is not later than `TickPlan.Limits.lateAfter`.
  case skip
  /// The newest of them runs, however late; the others are missed.
  case latest
  /// The newest `limit` of them run, oldest first; the others are missed.
  case all(limit: Int)

  /// A policy by its name in SQL (`skip`, `latest`, `all`); nil for any other.
  public init?(name: String, limit: Int) {
    switch name {
    case "skip": self = .skip
    case "latest": self = .latest
    case "all": self = .all(limit: limit)
    default: return nil
    }
  }

  /// How many instants of those that are due at once can run.
  var limit: Int {
    if case .all(let limit) = self { max(1, limit) } else { 1 }
  }
}

/// A schedule as planning uses it: a row of `twinmill.schedules`, with its texts parsed.
public struct Schedule: Sendable {
  /// Unique name.
  public var name: String
  /// When it is planned.
  public var cron: CronExpression
  /// Whose clock `cron` reads.
  public var timeZone: TimeZone
  /// The rule for the next instant while a job of this schedule is unfinished.
  public var overlap: OverlapPolicy
  /// The rule for instants that passed while no scheduler ran.
  public var catchUp: CatchUpPolicy
  /// Jobs start up to this much after the planned instant.
  public var jitter: Duration
  /// Every planned instant up to here has been dealt with.
  public var plannedUntil: Date

  /// A schedule of these parts.
  public init(
    name: String, cron: CronExpression, timeZone: TimeZone, overlap: OverlapPolicy = .skip,
    catchUp: CatchUpPolicy = .latest, jitter: Duration = .zero, plannedUntil: Date
  ) {
    self.name = name
    self.cron = cron
    self.timeZone = timeZone
    self.overlap = overlap
    self.catchUp = catchUp
    self.jitter = jitter
    self.plannedUntil = plannedUntil
  }

  /// The delay of the job of a planned instant: 0 … `jitter` in whole milliseconds, the same on every scheduler.
  ///
  /// FNV-1a over the name and the instant, finished with SplitMix64's mixing so that near instants spread.
  func delay(of instant: Date) -> Duration {
    let milliseconds = UInt64(max(0, jitter / .milliseconds(1)))
    guard milliseconds > 0 else { return .zero }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in "\(name):\(Int(instant.timeIntervalSince1970))".utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
    hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
    return .milliseconds(Int64((hash ^ (hash >> 31)) % (milliseconds + 1)))
  }
}
