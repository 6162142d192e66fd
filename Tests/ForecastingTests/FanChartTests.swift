// Foundation, not FoundationEssentials: named time zones need its internationalisation half.
import Foundation
import Testing

@testable import Forecasting

@Suite("Fan chart")
struct FanChartTests {
  /// A month is 12 steps of a year that begins in January 2012.
  private static let months = ChartTimes { index in
    let parts = DateComponents(
      timeZone: .gmt, year: 2012 + Int((Double(index) / 12).rounded(.down)), month: 1 + index % 12, day: 1)
    return Calendar(identifier: .gregorian).date(from: parts) ?? .distantPast
  }

  private func passengers(_ title: String = "airline: passengers", times: ChartTimes? = months) throws -> FanChart {
    let forecast = try Forecaster(season: [12]).forecast(Datasets.passengers, horizon: 12, levels: [0.8, 0.95])
    return FanChart(title: title, unit: "1000", history: Datasets.passengers, forecast: forecast, times: times)
  }

  /// The attribute's values of all elements of a class.
  private func values(_ attribute: String, of kind: String, in svg: String) -> [String] {
    svg.split(separator: "\n").filter { $0.contains("class=\"\(kind)\"") }.compactMap { line in
      line.range(of: " \(attribute)=\"").map { String(line[$0.upperBound...].prefix { $0 != "\"" }) }
    }
  }

  @Test("an SVG drawing has a title with its unit, a legend with the levels, and ticks of years and values")
  func svg() throws {
    let svg = try passengers().svg()
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    for text in [
      "airline: passengers (1000)", "observed", "forecast", "80 % interval", "95 % interval", "now", "2018", "2024",
      "200", "700",
    ] {
      #expect(svg.contains(">\(text)</"), "\(text)")
    }
    #expect(values("d", of: "fan-band", in: svg).count == 2)
    // 72 of 84 months are past; the mark of now stands at the last of them.
    let now = try #require(values("x1", of: "fan-now", in: svg).first)
    let past = try #require(values("d", of: "fan-past", in: svg).last)
    #expect(past.split(separator: " ").last?.hasPrefix(now + ",") == true)
    #expect(past.split(separator: " ").count == 72)
    #expect(!svg.contains("font-face") && !svg.contains("href"))
    #expect(svg.contains("prefers-color-scheme: dark"))
  }

  @Test("an SVG drawing says in words what it shows")
  func description() throws {
    let chart = try passengers()
    #expect(chart.summary.hasPrefix("72 samples from 1 Jan 2018 to 1 Dec 2023. Forecast of 12 steps, to "))
    #expect(chart.summary.contains(" at 1 Dec 2024, with 95 % from "))
    let svg = chart.svg()
    #expect(svg.contains("role=\"img\"") && svg.contains("<title>airline: passengers (1000)</title>"))
    #expect(svg.contains("<desc>\(chart.summary)</desc>"))
  }

  @Test("an SVG drawing escapes its texts, and takes control characters out")
  func escaping() throws {
    let svg = try passengers("<Nile & \"co\">\u{1B}[2J\u{202E}").svg()
    #expect(svg.contains(">&lt;Nile &amp; &quot;co&quot;&gt;\u{FFFD}[2J\u{FFFD} (1000)<"))
    #expect(!svg.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x202E })
    let plot = try passengers("a\u{1B}]0;b\nc").text(characters: .ascii)
    #expect(plot.hasPrefix("a?]0;b c (1000)\n"))
  }

  @Test("missing samples are gaps, and a sample between two gaps is a dot")
  func gaps() throws {
    var values = Datasets.nile
    values[70] = .nan
    values[80] = .nan
    values[82] = .nan
    let chart = FanChart(
      title: "", history: values, forecast: try Forecaster().forecast(values, horizon: 10))
    let svg = chart.svg()
    // The first one is the legend's.
    #expect(
      self.values("d", of: "fan-past", in: svg).dropFirst().map { $0.split(separator: " ").count } == [30, 9, 17])
    #expect(self.values("cx", of: "fan-past-dot", in: svg).count == 1)
    #expect(chart.summary.hasPrefix("60 samples from sample 41 to sample 100, 3 missing."))
  }

  @Test("200,000 samples make a small drawing that keeps the extremes and the gaps")
  func thinned() {
    var values = (0..<200_000).map { Double($0 * 7_919 % 1_000) / 1_000 }
    values[50_000] = 10
    values[12_345] = -10
    values.replaceSubrange(100_000..<110_000, with: repeatElement(.nan, count: 10_000))
    let chart = FanChart(
      title: "", history: values, mean: [0, 0], bands: [ForecastBand(level: 0.9, lower: [-1, -1], upper: [1, 1])],
      drawn: .max)
    let svg = chart.svg()
    #expect(svg.utf8.count < 100_000)
    let pasts = self.values("d", of: "fan-past", in: svg).dropFirst()
    #expect(pasts.count == 2)
    let heights = pasts.flatMap { $0.split(separator: " ").compactMap { Double($0.split(separator: ",")[1]) } }
    let axis = self.values("y1", of: "fan-grid", in: svg).compactMap { Double($0) }
    #expect(heights.min() == axis.min() && heights.max() == axis.max())
  }

  @Test("a plot is as wide as asked for and shows ticks, legend and now")
  func text() throws {
    let lines = try passengers().text(width: 64, height: 11).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.count <= 64 })
    #expect(lines[0] == "airline: passengers (1000)")
    #expect(lines[1] == "⠒⠒ observed, forecast   ▒ 80 %   ░ 95 %   ┊ now")
    let now = try #require(lines[2].firstIndex(of: "n").map { lines[2].distance(from: lines[2].startIndex, to: $0) })
    for line in lines where line.contains("│") || line.contains("┤") {
      let cells = Array(line)
      #expect(!cells.prefix(now).contains { "░▒".contains($0) }, "nothing is forecast before now")
    }
    #expect(lines.joined().contains("░") && lines.joined().contains("▒"))
  }

  @Test("a plot in ASCII is this one")
  func golden() {
    let chart = FanChart(
      title: "pump: flöw", unit: "l/s", history: [1, 2, 3, 4, .nan, 4, 3, 2], mean: [1, 2],
      bands: [
        ForecastBand(level: 0.5, lower: [0, 1], upper: [2, 3]),
        ForecastBand(level: 0.9, lower: [-1, 0], upper: [3, 5]),
      ], times: ChartTimes { Date(timeIntervalSince1970: 1_700_000_000 + 600 * Double($0)) })
    #expect(chart.text(width: 44, height: 9, characters: .ascii) == Self.plot)
  }

  private static let plot = """
    pump: fl?w (l/s)
    * observed   o forecast   : 50 %   . 90 %
    | now
    l/s                              now
      6+                              |
       |                              |        .
      4+             *        *       |        .
       |         *                *   |    ....:
      2+    *                         *    ::::o
       |*                             |    o::::
      0+                              |    ::::.
       |                              |    ....
     -2+                              |
       +-------+------------+------------+------
             22:30        23:00        23:30
          14 Nov 2023
                          UTC

    """

  @Test("hostile series are drawn as well", arguments: HostileSeries.allCases)
  func hostile(series: HostileSeries) throws {
    let forecast = try Forecaster(season: [7]).forecast(series.values, horizon: 5)
    let chart = FanChart(title: "", history: series.values, forecast: forecast, times: Self.months)
    #expect(chart.text(width: 0, height: 0).split(separator: "\n").count >= 7)
    let svg = chart.svg(width: 0, height: 0)
    #expect(svg.contains("width=\"320\" height=\"240\""))
    #expect(!svg.contains("nan") && !svg.contains("inf\"") && !svg.contains("inf,"))
  }

  @Test("long titles are broken at spaces, then cut")
  func titles() {
    #expect(ChartText.lines("one two three four", width: 9, most: 2) == ["one two", "three fo…"])
    #expect(ChartText.lines("abcdefghij", width: 4, most: 3) == ["abcd", "efgh", "ij"])
    #expect(ChartText.columns("漢字") == 4 && ChartText.cut("漢字漢字", to: 5) == "漢字…")
    #expect(ChartText.lines("", width: 4, most: 2) == [""])
  }

  @Test("labels that would touch are left out; the first gives way to the second")
  func legible() {
    #expect(FanChart.legible(places: [0, 5, 30, 36], sizes: [10, 10, 10, 10], gap: 1) == [1, 2])
    #expect(FanChart.legible(places: [0, 5, 30], sizes: [10, 0, 10], gap: 1) == [0, 2])
  }
}
