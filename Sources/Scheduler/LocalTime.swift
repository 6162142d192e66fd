/// A reading of a local clock, as seconds since 1970-01-01T00:00 on that clock: the Gregorian calendar without a zone.
///
/// Foundation's `Calendar` does the same work about a hundred times slower and brings a zone into every step; the
/// search for the next planned time needs only days and weekdays. The conversions are Howard Hinnant's
/// (`days_from_civil` and `civil_from_days`, "chrono-Compatible Low-Level Date Algorithms", 2013).
struct LocalTime: Hashable, Comparable, Sendable {
  /// Seconds since 1970-01-01T00:00 on the local clock; negative before.
  var seconds: Int

  init(seconds: Int) {
    self.seconds = seconds
  }

  init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0) {
    seconds = Self.dayNumber(year: year, month: month, day: day) * 86_400 + hour * 3_600 + minute * 60
  }

  static func < (left: LocalTime, right: LocalTime) -> Bool {
    left.seconds < right.seconds
  }

  /// Days since 1970-01-01, rounded down.
  var dayNumber: Int {
    seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
  }

  /// Minutes since midnight, 0–1439.
  var minuteOfDay: Int {
    (seconds - dayNumber * 86_400) / 60
  }

  /// Rounded up to a whole minute.
  var roundedUpToMinute: LocalTime {
    let remainder = ((seconds % 60) + 60) % 60
    return LocalTime(seconds: remainder == 0 ? seconds : seconds + 60 - remainder)
  }

  /// The calendar date of this reading.
  var date: (year: Int, month: Int, day: Int) {
    Self.date(dayNumber: dayNumber)
  }

  /// `2026-03-29T02:30:00`
  var description: String {
    let (year, month, day) = date
    let second = seconds - dayNumber * 86_400
    return "\(Self.padded(year, to: 4))-\(Self.padded(month))-\(Self.padded(day))"
      + "T\(Self.padded(second / 3_600)):\(Self.padded(second / 60 % 60)):\(Self.padded(second % 60))"
  }

  /// Days since 1970-01-01 of a calendar date.
  static func dayNumber(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The calendar date of a day number.
  static func date(dayNumber: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = dayNumber + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// The weekday of a day number, 0 = Sunday.
  static func weekday(dayNumber: Int) -> Int {
    ((dayNumber + 4) % 7 + 7) % 7
  }

  /// The number of days of a month.
  static func daysInMonth(year: Int, month: Int) -> Int {
    switch month {
    case 2: return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: return 30
    default: return 31
    }
  }

  private static func padded(_ number: Int, to width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
