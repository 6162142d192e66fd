/// When a schedule is planned: minute, hour, day of month, month and day of week, as in Vixie's cron.
///
/// | field | numbers | names |
/// |---|---|---|
/// | minute | 0–59 | |
/// | hour | 0–23 | |
/// | day of month | 1–31, `L` = the last day of the month | |
/// | month | 1–12 | JAN–DEC |
/// | day of week | 0–7, 0 and 7 = Sunday | SUN–SAT |
///
/// Each field is a list of items separated by commas: `*`, `n`, `a-b`, `*/step`, `a-b/step`, or `n/step` (from n to the
/// end of the range). Names are in any case and may stand wherever a number may; `FRI-SUN` is a range. Shorthands:
/// `@yearly` = `@annually` (`0 0 1 1 *`), `@monthly` (`0 0 1 * *`), `@weekly` (`0 0 * * 0`), `@daily` = `@midnight`
/// (`0 0 * * *`), `@hourly` (`0 * * * *`).
///
/// **Days.** When both day fields are restricted, a day that matches either is planned: `0 0 13 * FRI` is every 13th
/// and every Friday. A field that starts with `*` is not restricted, even as `*/2`; then both must match (crontab(5)).
///
/// **Refused** are backward ranges, steps that can never reach a second value (`*/90` minutes), seconds, and days that
/// never come (`0 0 30 2 *`).
///
/// How an expression meets a zone's clock changes: ``next(after:in:)``.
public struct CronExpression: Hashable, Sendable, CustomStringConvertible {
  let minutes: UInt64
  let hours: UInt64
  let daysOfMonth: UInt64
  let includesLastDay: Bool
  let months: UInt64
  let daysOfWeek: UInt64
  /// Both day fields are restricted: either may match.
  let eitherDayMatches: Bool

  /// The expression in five fields, names as numbers, shorthands written out.
  ///
  /// Reading it gives an equal expression.
  public let description: String

  /// Reads an expression.
  ///
  /// - Throws: ``CronError``, naming the field, the offending text and what is allowed there.
  public init(_ text: String) throws(CronError) {
    var fields = Self.fields(of: text)
    guard let head = fields.first else { throw .empty }
    if head.utf8.first == UInt8(ascii: "@") {
      guard fields.count == 1, let long = Self.shorthands[Self.lowercased(head)] else {
        throw .unknownShorthand(fields.joined(separator: " "))
      }
      fields = Self.fields(of: long)
    }
    guard fields.count == 5 else { throw .fieldCount(fields.count, in: fields.joined(separator: " ")) }
    let minute = try CronField.minute.parse(fields[0])
    let hour = try CronField.hour.parse(fields[1])
    let dayOfMonth = try CronField.dayOfMonth.parse(fields[2])
    let month = try CronField.month.parse(fields[3])
    let dayOfWeek = try CronField.dayOfWeek.parse(fields[4])

    minutes = minute.bits
    hours = hour.bits
    daysOfMonth = dayOfMonth.bits
    includesLastDay = dayOfMonth.includesLastDay
    months = month.bits
    daysOfWeek = dayOfWeek.bits
    eitherDayMatches = !dayOfMonth.startsWithStar && !dayOfWeek.startsWithStar
    description = [minute, hour, dayOfMonth, month, dayOfWeek].map(\.canonical).joined(separator: " ")

    let happens =
      eitherDayMatches || includesLastDay
      || (1...12).contains { months & (1 << $0) != 0 && daysOfMonth & Self.dayBits[$0] != 0 }
    guard happens else { throw .never(days: fields[2], months: fields[3]) }
  }

  /// Equal expressions plan the same times, however they are written.
  public static func == (left: CronExpression, right: CronExpression) -> Bool {
    left.minutes == right.minutes && left.hours == right.hours && left.daysOfMonth == right.daysOfMonth
      && left.includesLastDay == right.includesLastDay && left.months == right.months
      && left.daysOfWeek == right.daysOfWeek && left.eitherDayMatches == right.eitherDayMatches
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(minutes)
    hasher.combine(hours)
    hasher.combine(daysOfMonth)
    hasher.combine(includesLastDay)
    hasher.combine(months)
    hasher.combine(daysOfWeek)
    hasher.combine(eitherDayMatches)
  }

  /// The hour field allows every hour: the expression names a rhythm, not times of the day.
  var isEveryHour: Bool {
    hours == (1 << 24) - 1
  }

  /// A reading of the local clock, on a whole minute, is planned.
  func matches(_ local: LocalTime) -> Bool {
    let minute = local.minuteOfDay
    guard minutes & (1 << (minute % 60)) != 0, hours & (1 << (minute / 60)) != 0 else { return false }
    let (year, month, day) = local.date
    return months & (1 << month) != 0 && matchesDay(day, ofMonth: month, year: year, number: local.dayNumber)
  }

  /// The first planned reading of the local clock at or after `start`.
  ///
  /// Walks months and days by their bits: a few hundred steps for the rarest expression (29 February on a given
  /// weekday, up to 40 years ahead).
  func firstLocalTime(from start: LocalTime) -> LocalTime? {
    let start = start.roundedUpToMinute
    var number = start.dayNumber
    var minute = start.minuteOfDay
    var (year, month, day) = LocalTime.date(dayNumber: number)
    let lastYear = year + 48
    while year <= lastYear {
      let length = LocalTime.daysInMonth(year: year, month: month)
      if months & (1 << month) != 0 {
        while day <= length {
          if matchesDay(day, ofMonth: month, year: year, number: number), let found = firstMinute(from: minute) {
            return LocalTime(seconds: number * 86_400 + found * 60)
          }
          day += 1
          number += 1
          minute = 0
        }
      } else {
        number += length + 1 - day
        minute = 0
      }
      day = 1
      (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1)
    }
    return nil
  }

  private func matchesDay(_ day: Int, ofMonth month: Int, year: Int, number: Int) -> Bool {
    let byDate =
      daysOfMonth & (1 << day) != 0
      || (includesLastDay && day == LocalTime.daysInMonth(year: year, month: month))
    let byWeekday = daysOfWeek & (1 << LocalTime.weekday(dayNumber: number)) != 0
    return eitherDayMatches ? byDate || byWeekday : byDate && byWeekday
  }

  /// The first planned minute of a day at or after `minute`.
  private func firstMinute(from minute: Int) -> Int? {
    let hour = minute / 60
    if hours & (1 << hour) != 0 {
      let rest = minutes & (UInt64.max << (minute % 60))
      if rest != 0 { return hour * 60 + rest.trailingZeroBitCount }
    }
    let later = hours & (UInt64.max << (hour + 1))
    guard later != 0 else { return nil }
    return later.trailingZeroBitCount * 60 + minutes.trailingZeroBitCount
  }

  private static func fields(of text: String) -> [String] {
    text.unicodeScalars.split { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }.map { String($0) }
  }

  private static func lowercased(_ text: String) -> String {
    String(
      decoding: text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
  }

  private static let shorthands = [
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
  ]

  /// Bits 1 to the longest length of each month; index 0 unused.
  private static let dayBits: [UInt64] = (0...12).map { month in
    month == 0 ? 0 : (1 << (UInt64(LocalTime.daysInMonth(year: 2000, month: month)) + 1)) - 2
  }
}
