import Testing

@testable import Forecasting

@Suite("Fan chart")
struct FanChartTests {
  @Test("a chart in text has the rows and columns asked for, and shades the forecast")
  func text() throws {
    let forecast = try Forecaster(season: [12]).forecast(Datasets.passengers, horizon: 12)
    let chart = FanChart(title: "passengers", history: Datasets.passengers, forecast: forecast)
    let lines = chart.text(width: 60, height: 10).split(separator: "\n")
    #expect(lines.count == 11)
    #expect(lines[0] == "passengers")
    #expect(Set(lines.dropFirst().map(\.count)).count == 1)
    #expect(lines.joined().contains("░") && lines.joined().contains("▒"))
    // 36 months are drawn before 12 forecast ones: nothing is shaded in the left three quarters.
    for line in lines.dropFirst() {
      let drawing = line.drop { $0 != "┤" }.dropFirst()
      #expect(drawing.count == 60)
      #expect(!drawing.prefix(44).contains { "░▒".contains($0) })
    }
  }

  @Test("a chart as SVG has one polygon for each level, breaks its line at a gap and escapes its title")
  func svg() throws {
    var values = Datasets.nile
    values[80] = .nan
    let forecast = try Forecaster().forecast(values, horizon: 10)
    let svg = FanChart(title: "<Nile & co>", history: values, forecast: forecast).svg()
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    #expect(svg.split(separator: "<polygon").count == 3)
    #expect(svg.split(separator: "<polyline").count == 4)
    #expect(svg.contains("&lt;Nile &amp; co&gt;"))
    #expect(!svg.contains("nan"))
  }

  @Test("hostile series are drawn as well", arguments: HostileSeries.allCases)
  func hostile(series: HostileSeries) throws {
    let forecast = try Forecaster(season: [7]).forecast(series.values, horizon: 5)
    let chart = FanChart(title: "", history: series.values, forecast: forecast)
    #expect(chart.text().split(separator: "\n").count == 14)
    #expect(!chart.svg().contains("nan") && !chart.svg().contains("inf"))
  }

  @Test(
    "labels say four digits",
    arguments: [(0.0, "0"), (622, "622"), (12.3456, "12.35"), (-0.5, "-0.5"), (12_345_678, "1.23e7"), (1e-5, "1.0e-5")])
  func labels(value: Double, expected: String) {
    #expect(FanChart.label(value) == expected)
  }
}
