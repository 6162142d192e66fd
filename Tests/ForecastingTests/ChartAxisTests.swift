// Foundation, not FoundationEssentials: named time zones need its internationalisation half.
import Foundation
import Testing

@testable import Forecasting

@Suite("Axes of charts")
struct ChartAxisTests {
  /// Values and the labels of their axis.
  struct Values: Sendable {
    let low: Double
    let high: Double
    var isWhole = false
    let labels: String
  }

  private static let short: [Values] = [
    Values(low: 0, high: 7.3, labels: "0 2 4 6 8"),
    Values(low: -0.31, high: 0.12, labels: "-0.4 -0.3 -0.2 -0.1 0.0 0.1 0.2"),
    Values(low: 0, high: 2, isWhole: true, labels: "0 1 2"),
    Values(low: 5, high: 5, labels: "2 3 4 5 6 7 8"),
    Values(low: 8_100, high: 11_900, labels: "8000 9000 10,000 11,000 12,000"),
    Values(low: 0, high: 0, labels: "-0.6 -0.4 -0.2 0.0 0.2 0.4 0.6"),
    Values(
      low: 999_999_997, high: 1_000_000_003, labels: "999,999,996 999,999,998 1,000,000,000 1,000,000,002 1,000,000,004"
    ),
    Values(low: .infinity, high: -.infinity, labels: "0.0 0.2 0.4 0.6 0.8 1.0"),
  ]

  @Test("ticks of values are round and hold the values", arguments: short)
  func values(one: Values) {
    let axis = ValueAxis(low: one.low, high: one.high, isWhole: one.isWhole, most: 5)
    #expect(axis.ticks.map(\.label).joined(separator: " ") == one.labels)
    #expect(axis.exponent == 0)
    #expect(axis.ticks.first?.share == 0 && axis.ticks.last?.share == 1)
  }

  private static let scaled: [(low: Double, high: Double, exponent: Int, ends: String)] = [
    (-4e6, 12.5e6, 6, "-5 15"), (0, 3e-7, -9, "0 300"), (0, 1.7e308, 306, "0 200"),
    (-1.7e308, 1.7e308, 306, "-200 200"),
  ]

  @Test("great and small values are multiples of a power of ten", arguments: scaled)
  func powers(low: Double, high: Double, exponent: Int, ends: String) {
    let axis = ValueAxis(low: low, high: high, isWhole: false, most: 5)
    #expect(axis.exponent == exponent)
    #expect("\(axis.ticks.first?.label ?? "") \(axis.ticks.last?.label ?? "")" == ends)
    #expect(axis.share(low) >= 0 && axis.share(high) <= 1 && axis.share(.nan).isNaN)
  }

  @Test(
    "the least and the greatest numbers have places",
    arguments: [Double.leastNonzeroMagnitude, .greatestFiniteMagnitude])
  func extremes(value: Double) {
    for axis in [
      ValueAxis(low: 0, high: value, isWhole: false, most: 5),
      ValueAxis(low: -value, high: value, isWhole: true, most: 5),
      ValueAxis(low: value, high: value, isWhole: true, most: 5),
    ] {
      #expect((0...1).contains(axis.share(value)) && axis.ticks.count < 12)
    }
  }

  /// Labels of an axis, with contexts in brackets.
  private func ticks(
    _ start: String, step: Double, count: Int, zone: String = "GMT", most: Int = 6
  ) throws -> String {
    let first = try Date(start, strategy: .iso8601)
    let times = ChartTimes(timeZone: try #require(TimeZone(identifier: zone))) { first + step * Double($0) }
    let ticks = StepAxis(first: 0, count: count, times: times).ticks(most: most)
    #expect(ticks.allSatisfy { (0...1).contains($0.share) })
    return ticks.map { $0.label + ($0.context.map { " (\($0))" } ?? "") }.joined(separator: ", ")
  }

  private static let day = 86_400.0

  private static let spans: [(step: Double, count: Int, labels: String)] = [
    (0.25, 9, "22:10:00.000 (27 Feb 2024), 22:10:00.500, 22:10:01.000, 22:10:01.500, 22:10:02.000"),
    (5, 12, "22:10:00 (27 Feb 2024), 22:10:10, 22:10:20, 22:10:30, 22:10:40, 22:10:50"),
    (600, 24, "23:00 (27 Feb 2024), 00:00 (28 Feb 2024), 01:00, 02:00"),
    (3_600, 60, "00:00 (28 Feb 2024), 12:00, 00:00 (29 Feb 2024), 12:00, 00:00 (1 Mar 2024)"),
    (day, 6, "28 Feb (2024), 29 Feb, 1 Mar, 2 Mar, 3 Mar"),
    // Weeks begin on Monday.
    (day, 30, "4 Mar (2024), 11 Mar, 18 Mar, 25 Mar"),
    (day, 500, "Apr (2024), Jul, Oct, Jan (2025), Apr, Jul"),
    (7 * day, 900, "2025, 2030, 2035, 2040"),
    (365.25 * day, 1_000, "2200, 2400, 2600, 2800, 3000"),
  ]

  @Test("ticks of time are minutes, hours, days, weeks, months and years, by the span", arguments: spans)
  func units(step: Double, count: Int, labels: String) throws {
    #expect(try ticks("2024-02-27T22:10:00Z", step: step, count: count) == labels)
  }

  @Test("ticks are no finer than the samples, and one sample has one")
  func coarse() throws {
    #expect(try ticks("2024-01-01T00:00:00Z", step: 7 * Self.day, count: 4) == "1 Jan (2024), 8 Jan, 15 Jan, 22 Jan")
    #expect(try ticks("2024-01-03T00:00:00Z", step: 3_600, count: 2) == "00:00 (3 Jan 2024), 01:00")
    #expect(try ticks("2024-01-01T10:20:00Z", step: 60, count: 1) == "10:20 (1 Jan 2024)")
  }

  @Test("days begin at midnight of the zone, also where the clocks change")
  func zones() throws {
    #expect(
      try ticks("2024-03-30T12:00:00Z", step: 3_600, count: 48, zone: "Europe/Berlin")
        == "00:00 (31 Mar 2024), 12:00, 00:00 (1 Apr 2024), 12:00")
    let axis = StepAxis(
      first: 0, count: 3,
      times: ChartTimes(timeZone: try #require(TimeZone(identifier: "Europe/Berlin"))) {
        Date(timeIntervalSince1970: 600 * Double($0))
      })
    #expect(axis.caption(of: axis.ticks(most: 5)) == "Europe/Berlin")
  }

  @Test("without times, or with times that do not ascend, the axis counts samples")
  func sampleNumbers() {
    for times in [nil, ChartTimes { Date(timeIntervalSince1970: -Double($0)) }, ChartTimes { _ in .distantFuture }] {
      let axis = StepAxis(first: 94, count: 12, times: times)
      #expect(axis.ticks(most: 6).map(\.label) == ["96", "98", "100", "102", "104", "106"])
      #expect(axis.caption(of: axis.ticks(most: 6)) == "sample" && axis.name(0) == "sample 95")
    }
    #expect(StepAxis(first: 0, count: 0, times: nil).ticks(most: 6).isEmpty)
    #expect(StepAxis(first: 6, count: 1, times: nil).ticks(most: 6).map(\.share) == [0.5])
  }

  private static let numbers: [(value: Double, text: String)] = [
    (0.0, "0"), (622, "622"), (12.3456, "12.35"), (-0.5, "-0.5"), (12_345_678_901, "1.235e10"), (1e-5, "1e-5"),
    (.greatestFiniteMagnitude, "1.798e308"), (12_345_678, "12,345,678"), (.nan, "nan"),
  ]

  @Test("numbers in words have four digits that say something", arguments: numbers)
  func words(value: Double, expected: String) {
    #expect(ChartText.number(value) == expected)
  }

  @Test("levels are written as percentages", arguments: [(0.8, "80 %"), (0.95, "95 %"), (0.999, "99.9 %")])
  func levels(level: Double, expected: String) {
    #expect(FanChart.percent(level) == expected)
  }
}
