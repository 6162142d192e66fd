import FoundationEssentials

// Instants, calendar days and intervals. PostgreSQL counts from 2000-01-01.

extension Date: PostgresCodable {
  /// Seconds from PostgreSQL's epoch (2000-01-01) to Foundation's (2001-01-01).
  private static let epochDifference: Double = 366 * 86_400
  /// The last instant that a timestamptz can hold, in microseconds since 2000 (294276-12-31).
  private static let last: Double = 9_223_371_331_200_000_000
  /// The first instant that a timestamptz can hold, in microseconds since 2000 (4714-11-24 BC).
  private static let first: Double = -211_813_488_000_000_000

  /// `timestamptz`
  public static var postgresType: PostgresType { .timestamptz }

  /// Microseconds since 2000-01-01 UTC; `distantPast` and `distantFuture` are -infinity and infinity.
  /// - Throws: kind `encoding` outside of 4714 BC … 294276 AD.
  public func encode(into buffer: inout [UInt8]) throws(PostgresError) {
    if self == .distantFuture {
      buffer.append(bigEndian: Int64.max)
    } else if self == .distantPast {
      buffer.append(bigEndian: Int64.min)
    } else {
      let microseconds = ((timeIntervalSinceReferenceDate + Self.epochDifference) * 1_000_000).rounded()
      guard microseconds >= Self.first, microseconds < Self.last else {
        throw PostgresError(.encoding, "an instant outside of 4714 BC … 294276 AD cannot be stored", sqlstate: "22008")
      }
      buffer.append(bigEndian: Int64(microseconds))
    }
  }

  /// Reads a `timestamptz` (microseconds; infinity is `distantFuture`). A `timestamp` without zone is refused: which
  /// instant it means depends on the session.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> Date {
    let bytes = try cell.required("timestamptz")
    guard cell.type == .timestamptz || cell.type == .unspecified else { throw cell.mismatch(expected: "timestamptz") }
    guard bytes.count == 8 else { throw cell.malformed(expected: "timestamptz") }
    let microseconds: Int64 = bytes.integer()
    switch microseconds {
    case .max: return .distantFuture
    case .min: return .distantPast
    default:
      // Whole seconds first: one division of the full count would round away the last digits.
      let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
      return Date(timeIntervalSinceReferenceDate: Double(seconds) - epochDifference + Double(rest) / 1_000_000)
    }
  }
}

/// A day of the (proleptic Gregorian) calendar, without time or zone: SQL's `date`.
public struct CalendarDate: PostgresCodable, Hashable, Comparable, CustomStringConvertible {
  /// Days since 2000-01-01. `Int32.max` and `Int32.min` are SQL's infinity and -infinity.
  public let daysSince2000: Int32

  /// A day by its number.
  public init(daysSince2000: Int32) { self.daysSince2000 = daysSince2000 }

  /// A day by year, month and day; nil if the calendar has no such day. Year 0 is 1 BC.
  public init?(year: Int, month: Int, day: Int) {
    guard (-4713...5_874_897).contains(year), (1...12).contains(month), day >= 1 else { return nil }
    let candidate = CalendarDate(daysSince2000: Int32(Self.days(year: year, month: month, day: day)))
    // 31 April would come back as 1 May.
    guard candidate.civil == (year, month, day) else { return nil }
    self = candidate
  }

  /// Later than every day.
  public static let infinity = CalendarDate(daysSince2000: .max)
  /// Earlier than every day.
  public static let negativeInfinity = CalendarDate(daysSince2000: .min)

  /// The year; 0 is 1 BC.
  public var year: Int { civil.year }
  /// The month, 1 … 12.
  public var month: Int { civil.month }
  /// The day of the month, 1 … 31.
  public var day: Int { civil.day }

  /// Days since 2000-01-01; Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
  private static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 730_425
  }

  /// Year, month and day; Hinnant, civil_from_days.
  private var civil: (year: Int, month: Int, day: Int) {
    let shifted = Int(daysSince2000) + 730_425
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let month = monthIndex + (monthIndex < 10 ? 3 : -9)
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * monthIndex + 2) / 5 + 1)
  }

  /// ISO 8601: `2024-02-29`.
  public var description: String {
    if self == .infinity { return "infinity" }
    if self == .negativeInfinity { return "-infinity" }
    func padded(_ value: Int, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return "\(year < 0 ? "-" : "")\(padded(abs(year), 4))-\(padded(month, 2))-\(padded(day, 2))"
  }

  /// Earlier days first.
  public static func < (left: CalendarDate, right: CalendarDate) -> Bool { left.daysSince2000 < right.daysSince2000 }

  /// `date`
  public static var postgresType: PostgresType { .date }
  /// Four bytes.
  public func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: daysSince2000) }
  /// Reads a `date`.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> CalendarDate {
    let bytes = try cell.required("date")
    guard cell.type == .date || cell.type == .unspecified else { throw cell.mismatch(expected: "date") }
    guard bytes.count == 4 else { throw cell.malformed(expected: "date") }
    return CalendarDate(daysSince2000: bytes.integer())
  }
}

/// SQL's `interval`: months, days and a time, kept apart because neither a month nor a day has a fixed length.
public struct PostgresInterval: PostgresCodable, Hashable {
  /// Whole months; a year is twelve.
  public var months: Int32
  /// Whole days.
  public var days: Int32
  /// The rest in microseconds.
  public var microseconds: Int64

  /// An interval of its three parts.
  public init(months: Int32 = 0, days: Int32 = 0, microseconds: Int64 = 0) {
    self.months = months
    self.days = days
    self.microseconds = microseconds
  }

  /// A time, cut to whole microseconds; durations beyond ±292,000 years are cut to that.
  public init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000)
    self.init(microseconds: overflow || carry ? (seconds < 0 ? .min : .max) : sum)
  }

  /// The length as a duration, if it has no months and no days.
  public var duration: Duration? {
    months == 0 && days == 0 ? .microseconds(microseconds) : nil
  }

  /// `interval`
  public static var postgresType: PostgresType { .interval }
  /// Sixteen bytes.
  public func encode(into buffer: inout [UInt8]) {
    buffer.append(bigEndian: microseconds)
    buffer.append(bigEndian: days)
    buffer.append(bigEndian: months)
  }
  /// Reads an `interval`.
  public static func decode(_ cell: PostgresCell) throws(PostgresError) -> PostgresInterval {
    let bytes = try cell.required("interval")
    guard cell.type == .interval || cell.type == .unspecified else { throw cell.mismatch(expected: "interval") }
    guard bytes.count == 16 else { throw cell.malformed(expected: "interval") }
    return PostgresInterval(
      months: bytes.integer(at: 12), days: bytes.integer(at: 8), microseconds: bytes.integer(at: 0))
  }
}
