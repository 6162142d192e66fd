import FoundationEssentials

/// A planned instant, and how the zone's clock stood there.
public struct Occurrence: Hashable, Sendable {
  /// How the planned reading of the local clock became an instant.
  public enum Shift: String, Hashable, Sendable {
    /// The reading occurs once.
    case none
    /// The reading falls in a gap: this is the first valid instant after it.
    case gap
    /// The reading occurs twice: this is the first time.
    case fold
    /// The reading occurs twice and the expression is planned every hour: this is the second time.
    case repeated
  }

  /// The instant at which to run.
  public let instant: Date
  /// The local clock's reading at `instant`, as in `2026-03-29T03:00:00+02:00`.
  public let local: String
  /// Why the local reading is not the one planned, or occurs twice.
  public let shift: Shift
}

extension CronExpression {
  /// The first planned instant after `date`, in a zone.
  ///
  /// A zone's clock changes are met in one of two ways.
  ///
  /// **Times of the day** (the hour field leaves out some hour: `30 2 * * *`, `0 */2 * * *`): every planned reading of
  /// the local clock runs once, at the first instant at which that clock reads it or later. A reading in a gap runs at
  /// the first valid instant after the gap, once, even when several planned readings fall in the gap or one falls on
  /// its end; a reading in a fold runs at its first occurrence.
  ///
  /// **Every hour** (the hour field allows all hours: `*/15 * * * *`, `0 * * * *`): the expression names a rhythm, and
  /// every instant at which the local clock shows a planned reading is one, so that `* * * * *` runs every 60 seconds
  /// of elapsed time all year. In a fold the readings come twice and run twice, an hour apart; readings that a gap
  /// leaves out do not run, since no time passes there. With "once" for these as well, a job that runs every minute
  /// would stand still for an hour each autumn (and for a day where the date line moves). Vixie's cron draws the same
  /// line.
  ///
  /// - Returns: Whole seconds; nil only beyond the 48 years that are searched, which no accepted expression needs.
  /// - Complexity: Constant for common expressions; no walk over minutes.
  public func next(after date: Date, in timeZone: TimeZone) -> Date? {
    next(after: Int(date.timeIntervalSince1970.rounded(.down)), in: Zone(timeZone))
      .map { Date(timeIntervalSince1970: Double($0)) }
  }

  /// The next `count` planned instants after `date`.
  public func upcoming(_ count: Int, after date: Date, in timeZone: TimeZone) -> [Date] {
    var instants: [Date] = []
    var last = date
    while instants.count < count, let next = next(after: last, in: timeZone) {
      instants.append(next)
      last = next
    }
    return instants
  }

  /// The next `count` planned instants after `date`, each with the local clock's reading and what the zone did to it.
  public func occurrences(_ count: Int, after date: Date, in timeZone: TimeZone) -> [Occurrence] {
    let zone = Zone(timeZone)
    return upcoming(count, after: date, in: timeZone).map { instant in
      let seconds = Int(instant.timeIntervalSince1970)
      let local = zone.local(at: seconds)
      return Occurrence(
        instant: instant, local: local.description + Self.offsetText(zone.offset(at: seconds)),
        shift: shift(at: seconds, reading: local, in: zone))
    }
  }

  func next(after instant: Int, in zone: Zone) -> Int? {
    if isEveryHour { return nextReading(after: instant, in: zone) }
    let passed = zone.latestLocal(by: instant)
    guard let planned = firstLocalTime(from: LocalTime(seconds: passed.seconds + 1)) else { return nil }
    return zone.firstInstant(reading: planned, notBefore: instant)
  }

  /// The first instant after `instant` at which the local clock shows a planned reading.
  private func nextReading(after instant: Int, in zone: Zone) -> Int? {
    var start = instant + 1
    while true {
      let offset = zone.offset(at: start)
      guard let planned = firstLocalTime(from: LocalTime(seconds: start + offset)) else { return nil }
      let candidate = planned.seconds - offset
      // `start - 1`: a transition may lie at `start` itself, which `offset` already includes.
      guard let change = zone.transition(after: start), candidate >= change else { return candidate }
      start = change
    }
  }

  private func shift(at instant: Int, reading: LocalTime, in zone: Zone) -> Occurrence.Shift {
    if zone.latestLocal(by: instant - 1) >= reading { return .repeated }
    if !matches(reading) || reading.seconds % 60 != 0 { return .gap }
    // On the end of a gap the reading itself is planned: not shifted. A fold ahead comes back to this reading.
    var change = zone.transition(after: instant)
    while let at = change, at - instant <= 86_400 {
      if zone.local(at: at) <= reading { return .fold }
      change = zone.transition(after: at)
    }
    return .none
  }

  private static func offsetText(_ seconds: Int) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let size = abs(seconds)
    let text = "\(seconds < 0 ? "-" : "+")\(two(size / 3_600)):\(two(size / 60 % 60))"
    return size % 60 == 0 ? text : text + ":\(two(size % 60))"
  }
}
