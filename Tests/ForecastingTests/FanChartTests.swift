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

  @Test("a chart in pixels is white outside, grey in the past, blue in the future, and writes its title")
  func pixels() throws {
    let forecast = try Forecaster(season: [12]).forecast(Datasets.passengers, horizon: 12)
    let chart = FanChart(title: "Á 1", history: Datasets.passengers, forecast: forecast)
    let pixels = chart.pixels(width: 480, height: 200)
    #expect(pixels.bytes.count == 3 * 480 * 200)
    func part(_ columns: Range<Int>, _ rows: Range<Int>, _ matches: (UInt8, UInt8, UInt8) -> Bool) -> Bool {
      rows.contains { row in
        columns.contains { column in
          let at = 3 * (row * 480 + column)
          return matches(pixels.bytes[at], pixels.bytes[at + 1], pixels.bytes[at + 2])
        }
      }
    }
    // 36 of 48 months are past: the plot runs from column 64 to 468.
    #expect(!part(64..<360, 32..<174) { red, _, blue in blue > red })
    #expect(part(64..<360, 32..<174) { red, _, blue in red < 120 && red == blue })
    #expect(part(372..<468, 32..<174) { red, _, blue in blue > 200 && red < 60 })
    #expect(part(64..<82, 8..<21) { red, green, _ in red < 120 && green < 120 })
    #expect(!part(0..<480, 190..<200) { $0 < 255 || $1 < 255 || $2 < 255 })
    #expect(chart.pixels(width: 480, height: 200) == pixels)
  }

  @Test("letters of the font stand as they are cut, unknown ones as question marks")
  func font() {
    let letter = PixelFont.rows("T").map { row in
      String((0..<6).map { row & (32 >> UInt8($0)) != 0 ? "#" as Character : "." })
    }
    #expect(Array(letter[2...10]) == ["#####."] + [String](repeating: "..#...", count: 8))
    #expect(PixelFont.rows("\u{4E00}") == PixelFont.rows("?"))
    #expect(PixelFont.rows("ÿ").count == 13)
  }

  @Test("hostile series are drawn as well", arguments: HostileSeries.allCases)
  func hostile(series: HostileSeries) throws {
    let forecast = try Forecaster(season: [7]).forecast(series.values, horizon: 5)
    let chart = FanChart(title: "", history: series.values, forecast: forecast)
    #expect(chart.text().split(separator: "\n").count == 14)
    #expect(!chart.svg().contains("nan") && !chart.svg().contains("inf"))
    #expect(chart.pixels(width: 0, height: 0).bytes.count == 3 * 200 * 120)
  }

  @Test("a constant at the end of the numbers has finite labels")
  func greatest() throws {
    let values = [Double](repeating: .greatestFiniteMagnitude, count: 20)
    let chart = FanChart(title: "", history: values, forecast: try Forecaster().forecast(values, horizon: 3))
    #expect(chart.high == .greatestFiniteMagnitude && chart.low.isFinite)
    #expect(!chart.svg().contains("inf") && FanChart.label(.infinity).isEmpty)
  }

  @Test(
    "labels say four digits",
    arguments: [(0.0, "0"), (622, "622"), (12.3456, "12.35"), (-0.5, "-0.5"), (12_345_678, "1.23e7"), (1e-5, "1.0e-5")])
  func labels(value: Double, expected: String) {
    #expect(FanChart.label(value) == expected)
  }
}
