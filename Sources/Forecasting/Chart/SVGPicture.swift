/// The shapes of a chart at their places in an SVG document.
struct SVGPicture {
  let width: Int
  let height: Int
  private(set) var body = ""
  private let chart: FanChart
  private let axis: ValueAxis
  private let left: Double
  private let right: Double
  private var top = 0.0
  private let bottom: Double

  /// Of a character of the labels, on average; the reader's font is not known.
  private static let letter = 7.5

  init(chart: FanChart, width: Int, height: Int) {
    self.chart = chart
    self.width = width
    self.height = height
    right = Double(width) - 24
    axis = chart.values(most: max(3, height / 70))
    let steps = chart.steps.ticks(most: width / 90)
    let caption = chart.steps.caption(of: steps)
    let feet = [steps.map(\.label), steps.map { $0.context ?? "" }].filter { $0.contains { !$0.isEmpty } }
    bottom = Double(height - 17 * (feet.count + (caption.isEmpty ? 0 : 1)) - 14)
    left = min((axis.ticks.map { Double($0.label.count) * Self.letter }.max() ?? 0) + 22, Double(width) / 3)
    top = head() + 30
    bands()
    valueTicks()
    stepTicks(steps, feet, caption: caption)
    now()
    lines()
  }

  private func x(_ index: Int) -> Double { left + (right - left) * chart.steps.share(index) }
  private func y(_ value: Double) -> Double { bottom - (bottom - top) * axis.share(value) }

  private mutating func text(
    _ text: String, _ x: Double, _ y: Double, _ kind: String = "fan-label", anchor: String = "start", more: String = ""
  ) {
    guard !text.isEmpty else { return }
    let end = anchor == "start" ? "" : " text-anchor=\"\(anchor)\""
    body +=
      "<text class=\"\(kind)\" x=\"\(SVGText.number(x))\" y=\"\(SVGText.number(y))\"\(end)\(more)>\(SVGText.escaped(text))</text>\n"
  }

  private mutating func line(_ kind: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) {
    let ends = [x1, y1, x2, y2].map(SVGText.number)
    body += "<line class=\"\(kind)\" x1=\"\(ends[0])\" y1=\"\(ends[1])\" x2=\"\(ends[2])\" y2=\"\(ends[3])\"/>\n"
  }

  private mutating func path(_ kind: String, _ points: [ThinnedLine.Point], thickness: Double) {
    body += "<path class=\"\(kind)\" stroke-width=\"\(SVGText.number(thickness))\" d=\"\(SVGText.path(points))\"/>\n"
  }

  private mutating func dot(_ kind: String, _ point: ThinnedLine.Point) {
    body +=
      "<circle class=\"\(kind)\" cx=\"\(SVGText.number(point.x))\" cy=\"\(SVGText.number(point.y))\" r=\"2.5\"/>\n"
  }

  /// Title and legend; returns where they end.
  private mutating func head() -> Double {
    let columns = Int((Double(width) - 40) / 9.5)
    var y = 8.0
    if !chart.heading.isEmpty {
      for line in ChartText.lines(ChartText.plain(chart.heading), width: columns, most: 2) {
        y += 19
        text(line, 20, y, "fan-text", more: " font-size=\"16\" font-weight=\"600\"")
      }
    }
    y += 22
    var x = 20.0
    /// Makes room for an entry, and returns its left end.
    func entry(_ name: String) -> Double {
      let size = 30 + Double(name.count) * Self.letter + 18
      if x > 20, x + size > right {
        x = 20
        y += 20
      }
      defer { x += size }
      return x
    }
    for (name, kind) in [("observed", "fan-past"), ("forecast", "fan-future")] {
      let at = entry(name)
      let ends = [at, at + 22].map { ThinnedLine.Point(x: $0, y: y - 4) }
      path(kind, ends, thickness: kind == "fan-past" ? 1.5 : 2.5)
      text(name, at + 30, y)
    }
    for (index, band) in chart.bands.enumerated() {
      let name = FanChart.percent(band.level) + " interval"
      let at = entry(name)
      // As often as wider intervals lie under this one in the drawing.
      for _ in index..<chart.bands.count {
        body +=
          "<rect class=\"fan-band\" fill-opacity=\"0.25\" x=\"\(SVGText.number(at))\" y=\"\(SVGText.number(y - 11))\" width=\"22\" height=\"13\"/>\n"
      }
      text(name, at + 30, y)
    }
    return y
  }

  private mutating func bands() {
    let first = chart.history.count
    let columns = Int(right - left)
    for band in chart.bands.reversed() {
      func edge(_ values: [Double]) -> [[ThinnedLine.Point]] {
        // A step is missing on both edges when it is on one.
        let points = chart.mean.indices.map { step in
          let isThere = !band.lower[step].isNaN && !band.upper[step].isNaN
          return ThinnedLine.Point(x: x(first + step), y: isThere ? y(values[step]) : .nan)
        }
        return ThinnedLine(points, columns: columns).stretches
      }
      for (upper, lower) in zip(edge(band.upper), edge(band.lower)) {
        var outline = upper + lower.reversed()
        if upper.count == 1, let top = upper.first, let bottom = lower.first {
          // One step has no width of its own.
          outline = [(-5.0, top), (5, top), (5, bottom), (-5, bottom)].map {
            ThinnedLine.Point(x: $0.0 + $0.1.x, y: $0.1.y)
          }
        }
        body += "<path class=\"fan-band\" fill-opacity=\"0.25\" d=\"\(SVGText.path(outline))Z\"/>\n"
      }
    }
  }

  private mutating func valueTicks() {
    for tick in axis.ticks {
      let y = bottom - (bottom - top) * tick.share
      line("fan-grid", left, y, right, y)
      text(tick.label, left - 8, y + 4.5, anchor: "end")
    }
    let power = axis.exponent == 0 ? "" : "× 10" + FanChart.raised(axis.exponent)
    let caption = [power, ChartText.plain(chart.unit)].filter { !$0.isEmpty }.joined(separator: " ")
    text(ChartText.cut(caption, to: 30), 20, top - 12)
  }

  private mutating func stepTicks(_ ticks: [StepAxis.Tick], _ feet: [[String]], caption: String) {
    let places = ticks.map { left + (right - left) * $0.share }
    for x in places { line("fan-grid", x, bottom, x, bottom + 5) }
    var y = bottom + 20
    for labels in feet {
      let sizes = labels.map { Double($0.count) * Self.letter }
      for k in FanChart.legible(places: places, sizes: sizes, gap: 8) {
        // A label at the edge stays within the picture.
        text(labels[k], min(max(places[k], 4 + sizes[k] / 2), Double(width) - 4 - sizes[k] / 2), y, anchor: "middle")
      }
      y += 17
    }
    text(caption, (left + right) / 2, y, anchor: "middle")
  }

  private mutating func now() {
    guard !chart.history.isEmpty else { return }
    let x = x(chart.history.count - 1)
    line("fan-now", x, top - 6, x, bottom)
    text("now", x, top - 12, "fan-now-text", anchor: "middle")
  }

  private mutating func lines() {
    let columns = Int(right - left)
    let past = chart.history.enumerated().map { index, value in
      ThinnedLine.Point(x: x(index), y: value.isFinite ? y(value) : .nan)
    }
    let future = chart.mean.enumerated().map { step, value in
      ThinnedLine.Point(x: x(chart.history.count + step), y: y(value))
    }
    // Few points are marked one by one; a point without neighbours always is.
    let isSparse = past.count + future.count <= columns / 16
    for (points, line, mark, thickness) in [
      (past, "fan-past", "fan-past-dot", 1.5), (future, "fan-future", "fan-future-dot", 2.5),
    ] {
      for stretch in ThinnedLine(points, columns: columns).stretches {
        if stretch.count > 1 { path(line, stretch, thickness: thickness) }
        if isSparse || stretch.count == 1 { for point in stretch { dot(mark, point) } }
      }
    }
    // From the last sample to the forecast, where both are there.
    if let last = past.last, let next = future.first, !last.y.isNaN, !next.y.isNaN {
      body +=
        "<path class=\"fan-future\" stroke-width=\"1.5\" stroke-dasharray=\"2 4\" d=\"\(SVGText.path([last, next]))\"/>\n"
    }
  }
}
