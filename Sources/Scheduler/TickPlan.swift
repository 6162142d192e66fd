import FoundationEssentials

/// The decisions about the planned instants of one schedule that are due: a pure function of the schedule, its
/// unfinished jobs and the server's time.
public struct TickPlan: Hashable, Sendable {
  /// The fate of a planned instant.
  public enum Outcome: String, Hashable, Sendable {
    /// A job is enqueued.
    case enqueued
    /// No job: the overlap policy.
    case skipped
    /// No job: the catch-up policy.
    case missed
  }

  /// One planned instant.
  public struct Decision: Hashable, Sendable {
    /// The instant that the schedule planned.
    public let plannedAt: Date
    /// The fate of the instant.
    public let outcome: Outcome
    /// When the job may start: the instant plus its jitter. Nil without a job.
    public let runAt: Date?
    /// Why there is no job, or why it is late.
    public let reason: String?
  }

  /// Bounds of planning.
  public struct Limits: Hashable, Sendable {
    /// How late the newest instant of a schedule with catch-up `skip` may still run. Too low: a slow poll or a restart
    /// of the scheduler drops ticks. Too high: old ticks run after an outage. Default 60 s.
    public var lateAfter: Duration
    /// How many instants one plan decides; more wait for the next plan, at once. Default 1000.
    public var chunk: Int
    /// Instants older than this are neither run nor recorded: their record would be deleted at once. Default 90 days.
    public var retention: Duration

    /// Bounds; see the properties.
    public init(lateAfter: Duration = .seconds(60), chunk: Int = 1_000, retention: Duration = .seconds(90 * 86_400)) {
      self.lateAfter = lateAfter
      self.chunk = chunk
      self.retention = retention
    }
  }

  /// The instants decided, oldest first.
  public private(set) var decisions: [Decision] = []
  /// Every planned instant up to here is decided.
  public private(set) var plannedUntil: Date
  /// The next planned instant that is not decided; in the past when more are due than one plan decides.
  public private(set) var nextAt: Date?

  /// Decides the instants after `schedule.plannedUntil` up to `now`.
  ///
  /// - Parameters:
  ///   - unfinished: Jobs of this schedule that are live, running or not.
  ///   - waiting: Those of them that are not running.
  ///   - now: The server's time.
  public init(
    _ schedule: Schedule, unfinished: Int = 0, waiting: Int = 0, now: Date, limits: Limits = Limits()
  ) {
    self.init(schedule, unfinished: unfinished, waiting: waiting, now: now, limits: limits) {
      schedule.cron.next(after: $0, in: schedule.timeZone)
    }
  }

  /// The same, with the planned instants of the schedule at hand.
  /// - Parameter next: the first planned instant after a date.
  init(
    _ schedule: Schedule, unfinished: Int, waiting: Int, now: Date, limits: Limits, next: (Date) -> Date?
  ) {
    let runnable = schedule.catchUp.limit
    var due: [Date] = []
    var last = max(schedule.plannedUntil, now.addingTimeInterval(-(limits.retention / .seconds(1))))
    plannedUntil = schedule.plannedUntil
    nextAt = next(last)
    while let instant = nextAt, instant <= now, due.count < limits.chunk + runnable {
      due.append(instant)
      last = instant
      nextAt = next(last)
    }
    if let instant = nextAt, instant <= now {
      // The newest `runnable` instants may run, and these are followed by at least as many.
      nextAt = due[limits.chunk]
      due.removeLast(runnable)
      decisions = due.map { Self.missed($0, schedule.catchUp) }
    } else {
      decide(due, of: schedule, unfinished: unfinished, waiting: waiting, now: now, limits: limits)
    }
    if let newest = decisions.last { plannedUntil = max(plannedUntil, newest.plannedAt) }
  }

  private mutating func decide(
    _ due: [Date], of schedule: Schedule, unfinished: Int, waiting: Int, now: Date, limits: Limits
  ) {
    var unfinished = unfinished
    var waiting = waiting
    let firstRunnable = due.count - min(due.count, schedule.catchUp.limit)
    for (index, instant) in due.enumerated() {
      let lateness = now.timeIntervalSince(instant)
      let isTooLate = schedule.catchUp == .skip && lateness > limits.lateAfter / .seconds(1)
      guard index >= firstRunnable, !isTooLate else {
        decisions.append(Self.missed(instant, schedule.catchUp))
        continue
      }
      if let reason = Self.obstacle(schedule.overlap, unfinished: unfinished, waiting: waiting) {
        decisions.append(Decision(plannedAt: instant, outcome: .skipped, runAt: nil, reason: reason))
        continue
      }
      decisions.append(
        Decision(
          plannedAt: instant, outcome: .enqueued,
          runAt: instant.addingTimeInterval(schedule.delay(of: instant) / .seconds(1)),
          reason: lateness > limits.lateAfter / .seconds(1) ? "caught up \(Int(lateness)) s late" : nil))
      unfinished += 1
      waiting += 1
    }
  }

  private static func obstacle(_ policy: OverlapPolicy, unfinished: Int, waiting: Int) -> String? {
    switch policy {
    case .skip where unfinished > 0: "overlap skip: \(unfinished) unfinished"
    case .queueOne where waiting > 0: "overlap queue_one: \(waiting) waiting"
    default: nil
    }
  }

  private static func missed(_ instant: Date, _ policy: CatchUpPolicy) -> Decision {
    let reason =
      switch policy {
      case .skip: "catch-up skip: too late or followed by a newer instant"
      case .latest: "catch-up latest: followed by a newer instant"
      case .all(let limit): "catch-up all: followed by \(limit) newer instants"
      }
    return Decision(plannedAt: instant, outcome: .missed, runAt: nil, reason: reason)
  }
}
