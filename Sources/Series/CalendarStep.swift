// Foundation, not FoundationEssentials: named time zones need its internationalisation half.
import Foundation

/// A step whose length in seconds varies: a calendar day, week or month of a time zone.
public struct CalendarStep: Sendable, Equatable {
  /// The unit.
  public enum Unit: Sendable, Equatable {
    /// From midnight to midnight: 23 or 25 hours where clocks change.
    case day
    /// From Monday to Monday (ISO 8601).
    case week
    /// Calendar months.
    case month
  }

  /// The unit.
  public var unit: Unit
  /// How many units make a step; 3 months are a quarter and 12 a year, counted from January.
  public var count: Int
  /// The zone whose midnights count.
  public var timeZone: TimeZone

  /// A calendar step; counts below 1 are taken as 1.
  public init(_ unit: Unit, count: Int = 1, timeZone: TimeZone = .gmt) {
    self.unit = unit
    self.count = max(1, count)
    self.timeZone = timeZone
  }

  /// Mean length of a step: 24 hours a day, 365.2425 / 12 days a month.
  public var nominal: Duration {
    switch unit {
    case .day: .seconds(86_400 * count)
    case .week: .seconds(604_800 * count)
    case .month: .seconds(2_629_746 * count)
    }
  }

  private var calendar: Calendar {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = timeZone
    return calendar
  }

  /// The start of the step that holds an instant; months are counted from January of the year 1, weeks from Monday, days
  /// (when `count` > 1) from 1 January 2001.
  func start(of date: Date) -> Date {
    let calendar = calendar
    let day = calendar.startOfDay(for: date)
    switch unit {
    case .day:
      if count == 1 { return day }
      let reference = calendar.startOfDay(for: Date(timeIntervalSinceReferenceDate: 43_200))
      let days = Int(((day.timeIntervalSince(reference)) / 86_400).rounded())
      return adding(days: -floorRemainder(days, count), to: day, calendar)
    case .week:
      // Weekday 1 is Sunday; 2, Monday, starts the week.
      let weekday = calendar.component(.weekday, from: day)
      let monday = adding(days: -((weekday + 5) % 7), to: day, calendar)
      if count == 1 { return monday }
      let reference = calendar.startOfDay(for: Date(timeIntervalSinceReferenceDate: 43_200))
      let weeks = Int(((monday.timeIntervalSince(reference)) / 604_800).rounded())
      return adding(days: -7 * floorRemainder(weeks, count), to: monday, calendar)
    case .month:
      let parts = calendar.dateComponents([.year, .month], from: day)
      let months = (parts.year ?? 1) * 12 + (parts.month ?? 1) - 1
      return first(ofMonth: months - floorRemainder(months, count), calendar) ?? day
    }
  }

  /// The start of the n-th step after one that starts at `start`.
  func date(_ n: Int, after start: Date) -> Date {
    let calendar = calendar
    switch unit {
    case .day: return adding(days: n * count, to: start, calendar)
    case .week: return adding(days: 7 * n * count, to: start, calendar)
    case .month:
      let parts = calendar.dateComponents([.year, .month], from: start)
      let months = (parts.year ?? 1) * 12 + (parts.month ?? 1) - 1
      return first(ofMonth: months + n * count, calendar) ?? start
    }
  }

  private func adding(days: Int, to date: Date, _ calendar: Calendar) -> Date {
    calendar.date(byAdding: .day, value: days, to: date).map { calendar.startOfDay(for: $0) } ?? date
  }

  private func first(ofMonth months: Int, _ calendar: Calendar) -> Date? {
    calendar.date(from: DateComponents(year: months / 12, month: months % 12 + 1, day: 1))
  }

  private func floorRemainder(_ a: Int, _ b: Int) -> Int {
    let r = a % b
    return r < 0 ? r + b : r
  }
}
