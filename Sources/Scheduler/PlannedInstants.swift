import FoundationEssentials

/// The planned instants of expressions in zones, each worked out once: at midnight many schedules ask the same.
///
/// Instants are whole minutes of the local clock, so that those after two dates of one minute are the same. That holds
/// for zones whose offsets are whole minutes, as all are since 1972; dates before are not kept.
final class PlannedInstants {
  private struct Key: Hashable {
    let cron: String
    let zone: String
    let minute: Int
  }

  private var known: [Key: Date?] = [:]
  private var zones: [String: Zone?] = [:]
  private var expressions: [String: Result<CronExpression, CronError>] = [:]

  /// A zone by its name; nil: the scheduler has no rules for it.
  func zone(named name: String) -> Zone? {
    if let known = zones[name] { return known }
    let zone = Zone(named: name)
    zones[name] = .some(zone)
    return zone
  }

  /// An expression by its text.
  func expression(_ text: String) throws(CronError) -> CronExpression {
    if let known = expressions[text] { return try known.get() }
    let read = Result { () throws(CronError) in try CronExpression(text) }
    expressions[text] = read
    return try read.get()
  }

  /// The first planned instant of an expression after a date, in a zone.
  func next(_ cron: CronExpression, text: String, in zone: Zone, named zoneName: String, after date: Date) -> Date? {
    let seconds = date.timeIntervalSince1970
    guard seconds > Self.wholeMinutes else { return cron.next(after: date, in: zone.timeZone) }
    let key = Key(cron: text, zone: zoneName, minute: Int((seconds / 60).rounded(.down)))
    if let next = known[key] { return next }
    let next = cron.next(after: date, in: zone.timeZone)
    known[key] = .some(next)
    return next
  }

  /// 1972-07-01.
  private static let wholeMinutes: TimeInterval = 78_796_800
}
