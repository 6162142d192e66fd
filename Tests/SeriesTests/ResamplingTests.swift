import Foundation
import Testing

@testable import Series

@Suite("Resampling")
struct ResamplingTests {
  private func dates(_ seconds: [Double]) -> [Date] { seconds.map { Date(timeIntervalSince1970: $0) } }

  private func same(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { ($0.isNaN && $1.isNaN) || $0 == $1 }
  }

  @Test("unordered observations land in their steps, duplicates are averaged and gaps stay missing")
  func order() throws {
    let series = try Resampling.regular(
      timestamps: dates([180, 0, 60, 60, 65]), values: [4, 1, 2, 4, 6], interval: .seconds(60))
    #expect(same(series.values, [1, 4, .nan, 4]))
    #expect(series.start == Date(timeIntervalSince1970: 0))
    #expect(series.date(at: 5) == Date(timeIntervalSince1970: 300))
    #expect(series.presentCount == 3)
  }

  @Test("an instant on which a step begins stays in it, wherever the step's start is rounded to")
  func roundedStart() throws {
    let series = try Resampling.regular(
      timestamps: dates([1_700_300_631.863, 1_700_300_631.864]), values: [1, 2], interval: .milliseconds(1))
    #expect(series.values == [1, 2])
  }

  @Test("steps that instants of their time cannot tell apart are refused")
  func tooFine() {
    #expect(throws: SeriesError.intervalTooFine(.microseconds(1))) {
      try Resampling.regular(timestamps: dates([-62_135_596_800]), values: [1], interval: .microseconds(1))
    }
  }

  @Test(
    "each aggregation gives its statistic of a step",
    arguments: [
      (Resampling.Aggregation.mean, 3.0), (.sum, 9), (.last, 4), (.first, 3), (.minimum, 2), (.maximum, 4),
    ])
  func aggregations(aggregation: Resampling.Aggregation, expected: Double) throws {
    let series = try Resampling.regular(
      timestamps: dates([20, 10, 30, 15]), values: [2, 3, 4, .nan], interval: .seconds(60), aggregation: aggregation)
    #expect(series.values == [expected])
  }

  @Test("an inferred interval is the median gap snapped to a unit, and jitter moves no observation")
  func inference() throws {
    let jitter = [0, 299.2, 600.4, 899.7, 1500.3, 1800]
    let series = try Resampling.regular(timestamps: dates(jitter), values: [1, 2, 3, 4, 6, 7])
    #expect(series.interval == .seconds(300))
    #expect(same(series.values, [1, 2, 3, 4, .nan, 6, 7]))
  }

  @Test("an interval near no unit is kept as it is")
  func oddInterval() throws {
    let series = try Resampling.regular(timestamps: dates([0, 37.5, 75, 150]), values: [1, 2, 3, 4])
    #expect(series.interval == .milliseconds(37_500))
    #expect(same(series.values, [1, 2, 3, .nan, 4]))
  }

  @Test("days of a zone are 23 and 25 hours long where clocks change, and none is lost or doubled")
  func daylightSaving() throws {
    let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
    // Hourly from 30 March 2024 00:00 CET (23:00 UTC before): the 31st has 23 hours.
    let start = try #require(Timestamp.parse("2024-03-29T23:00:00Z"))
    let hours = (0..<(24 + 23 + 24)).map { start.addingTimeInterval(Double($0) * 3_600) }
    let series = try Resampling.regular(
      timestamps: hours, values: hours.map { _ in 1 }, step: CalendarStep(.day, timeZone: berlin), aggregation: .sum)
    #expect(series.values == [24, 23, 24])
    #expect(series.date(at: 2) == Timestamp.parse("2024-03-31T22:00:00Z"))
    // 27 October 2024 has 25.
    let autumn = try #require(Timestamp.parse("2024-10-26T22:00:00Z"))
    let more = (0..<(25 + 24)).map { autumn.addingTimeInterval(Double($0) * 3_600) }
    let second = try Resampling.regular(
      timestamps: more, values: more.map { _ in 1 }, step: CalendarStep(.day, timeZone: berlin), aggregation: .sum)
    #expect(second.values == [25, 24])
  }

  @Test("monthly observations get calendar months, however long these are")
  func months() throws {
    let text = ["2023-11-30", "2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2023-12-31"]
    let series = try Resampling.regular(
      timestamps: text.map { try #require(Timestamp.parse($0)) }, values: [1, 3, 4, 5, 6, 2])
    #expect(series.values == [1, 2, 3, 4, 5, 6])
    #expect(series.calendarStep == CalendarStep(.month))
    #expect(series.start == Timestamp.parse("2023-11-01"))
    #expect(series.date(at: 14) == Timestamp.parse("2025-01-01"))
  }

  @Test("weeks begin on Monday")
  func weeks() throws {
    let sunday = try #require(Timestamp.parse("2024-06-09T12:00"))
    let monday = try #require(Timestamp.parse("2024-06-10"))
    for step in [CalendarStep(.week)] {
      let series = try Resampling.regular(timestamps: [sunday, monday], values: [1, 2], step: step)
      #expect(series.values == [1, 2])
      #expect(series.start == Timestamp.parse("2024-06-03"))
    }
    let fixed = try Resampling.regular(timestamps: [sunday, monday], values: [1, 2], interval: .seconds(604_800))
    #expect(fixed.values == [1, 2])
    #expect(fixed.start == Timestamp.parse("2024-06-03"))
  }

  @Test("what cannot be put on a grid is refused with its reason")
  func errors() {
    #expect(throws: SeriesError.noObservations) { try Resampling.regular(timestamps: [], values: []) }
    #expect(throws: SeriesError.countMismatch(timestamps: 1, values: 2)) {
      try Resampling.regular(timestamps: dates([1]), values: [1, 2])
    }
    #expect(throws: SeriesError.intervalUnknown) {
      try Resampling.regular(timestamps: dates([5, 5]), values: [1, 2])
    }
    #expect(throws: SeriesError.invalidInterval(.zero)) {
      try Resampling.regular(timestamps: dates([1]), values: [1], interval: .zero)
    }
    #expect(throws: SeriesError.invalidTimestamp(index: 1)) {
      try Resampling.regular(timestamps: dates([1, .infinity]), values: [1, 2], interval: .seconds(1))
    }
    #expect(throws: SeriesError.tooManySamples(needed: 1e9 + 1)) {
      try Resampling.regular(timestamps: dates([0, 1e9]), values: [1, 2], interval: .seconds(1))
    }
  }
}

@Suite("Seasonality")
struct SeasonalityTests {
  @Test(
    "candidate periods follow the interval",
    arguments: [
      (Duration.seconds(300), [288, 2016]), (.seconds(3_600), [24, 168]), (.seconds(86_400), [7]),
      (.seconds(604_800), [52]), (CalendarStep(.month).nominal, [12]), (CalendarStep(.month, count: 3).nominal, [4]),
      (CalendarStep(.month, count: 12).nominal, []), (.seconds(60), [1_440, 10_080]), (.zero, []),
    ] as [(Duration, [Int])])
  func candidates(interval: Duration, expected: [Int]) {
    #expect(Seasonality.candidatePeriods(for: interval) == expected)
  }
}

@Suite("Timestamp")
struct TimestampTests {
  @Test(
    "ISO 8601 and Unix seconds are read",
    arguments: [
      ("1970-01-01", 0.0), ("2000-02-29T12:30:05.25Z", 951_827_405.25), ("2024-03-01 00:00:00+02:00", 1_709_244_000),
      ("2024-03-01T00:00-0530", 1_709_271_000), ("1600-01-01", -11_676_096_000), ("2024-03", 1_709_251_200),
      ("1709251200", 1_709_251_200), ("-86400.5", -86_400.5), ("0001-01-01", -62_135_596_800),
    ])
  func reads(text: String, seconds: Double) {
    #expect(Timestamp.parse(text)?.timeIntervalSince1970 == seconds)
  }

  @Test(
    "anything else is refused",
    arguments: [
      "", "x", "2024-13-01", "2023-02-29", "2024-1-1", "2024-01-01T25:00", "2024-01-01T10", "2024-01-01 10:00 CET",
      "01/02/2024", "12:30", "nan", "1e400", "0000-01-01", "2024-01-01T10:00:00.",
    ])
  func refuses(text: String) {
    #expect(Timestamp.parse(text) == nil)
  }
}
