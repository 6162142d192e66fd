/// A chart in rows of characters.
struct TextPicture {
  private let chart: FanChart
  private let axis: ValueAxis
  private let isUnicode: Bool
  /// Columns and rows between the axes, and columns left of them.
  private let width: Int
  private let height: Int
  private let margin: Int
  private let ticks: [StepAxis.Tick]
  private let caption: String
  private var rows: [[Character]]

  /// - Parameter width: of the whole drawing.
  init(chart: FanChart, width: Int, height: Int, characters: FanChart.Characters) {
    self.chart = chart
    isUnicode = characters == .unicode
    axis = chart.values(most: max(2, height / 3))
    // Ticks stand equally far apart.
    let distance = max(1, (height - 1) / (axis.ticks.count - 1))
    self.height = distance * (axis.ticks.count - 1) + 1
    ticks = chart.steps.ticks(most: max(2, width / 12))
    caption = chart.steps.caption(of: ticks)
    margin = min(axis.ticks.map(\.label.count).max() ?? 0, width / 2) + 2
    self.width = width - margin
    rows = Array(repeating: Array(repeating: " ", count: self.width), count: self.height)
    drawNow()
    drawBands()
    drawLines()
  }

  /// The whole drawing; every line ends with a line break and has no spaces before it.
  var text: String {
    let full = margin + width
    var lines: [String] = []
    let heading = shown(chart.heading)
    if !heading.isEmpty { lines.append(ChartText.cut(heading, to: full, mark: isUnicode ? "…" : "...")) }
    lines += legend(of: full)
    lines.append(caption(of: full))
    var labels = Array(repeating: "", count: height)
    for tick in axis.ticks { labels[row(share: tick.share)] = tick.label }
    for (row, label) in zip(rows, labels) {
      let edge = label.isEmpty ? (isUnicode ? "│" : "|") : (isUnicode ? "┤" : "+")
      lines.append(right(label) + edge + String(row))
    }
    lines += feet(of: full)
    return lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) + "\n" }.joined()
  }

  /// A text of users; what the terminal has no sign for is a question mark.
  private func shown(_ text: String) -> String {
    let plain = ChartText.plain(text)
    return isUnicode ? plain : String(plain.map { $0.isASCII ? $0 : "?" })
  }

  private func right(_ label: String) -> String {
    let label = label.suffix(margin - 1)
    return String(repeating: " ", count: margin - 1 - label.count) + label
  }

  /// The signs of the drawing, in as many lines as they need.
  private func legend(of full: Int) -> [String] {
    var parts = isUnicode ? ["⠒⠒ observed, forecast"] : ["* observed", "o forecast"]
    for (index, band) in chart.bands.enumerated() {
      parts.append("\(shade(chart.bands.count - 1 - index)) \(FanChart.percent(band.level))")
    }
    if !chart.history.isEmpty { parts.append("\(nowSign) now") }
    var lines: [String] = []
    for part in parts {
      if let last = lines.last, last.count + 3 + part.count <= full {
        lines[lines.count - 1] = last + "   " + part
      } else {
        lines.append(part)
      }
    }
    return lines
  }

  /// The sign of an interval, counted from the widest.
  private func shade(_ index: Int) -> Character { Array(isUnicode ? "░▒▓" : ".:%")[min(index, 2)] }

  private var nowSign: Character { isUnicode ? "┊" : "|" }

  /// The row above the drawing: the unit of the values, and the mark of now.
  private func caption(of full: Int) -> String {
    let power = axis.exponent == 0 ? "" : isUnicode ? "×10" + FanChart.raised(axis.exponent) : "x10^\(axis.exponent)"
    let unit = [power, shown(chart.unit)].filter { !$0.isEmpty }.joined(separator: " ")
    var line = ChartText.cut(unit, to: full / 3, mark: "")
    guard !chart.history.isEmpty else { return line }
    let start = min(max(margin + column(chart.history.count - 1) - 1, ChartText.columns(line) + 1), full - 3)
    line += String(repeating: " ", count: start - ChartText.columns(line)) + "now"
    return line
  }

  /// The axis of time with its labels.
  private func feet(of full: Int) -> [String] {
    let places = ticks.map { Int(($0.share * Double(width - 1)).rounded()) }
    var line = Array(repeating: isUnicode ? "─" as Character : "-", count: width)
    for place in places { line[place] = isUnicode ? "┬" : "+" }
    var feet = [right("") + (isUnicode ? "└" : "+") + String(line)]
    for labels in [ticks.map(\.label), ticks.map { $0.context ?? "" }] where labels.contains(where: { !$0.isEmpty }) {
      var foot = Array(repeating: " " as Character, count: full)
      let sizes = labels.map { Double($0.count) }
      for k in FanChart.legible(places: places.map { Double($0) }, sizes: sizes, gap: 2) {
        let label = Array(labels[k])
        let start = min(max(margin + places[k] - label.count / 2, 0), full - label.count)
        foot.replaceSubrange(start..<(start + label.count), with: label)
      }
      feet.append(String(foot))
    }
    if !caption.isEmpty {
      feet.append(String(repeating: " ", count: max(0, margin + (width - caption.count) / 2)) + caption)
    }
    return feet
  }

  private func column(_ index: Int) -> Int { Int((chart.steps.share(index) * Double(width - 1)).rounded()) }

  private func row(share: Double) -> Int { height - 1 - Int((share * Double(height - 1)).rounded()) }

  private mutating func drawNow() {
    guard !chart.history.isEmpty else { return }
    let x = column(chart.history.count - 1)
    for y in 0..<height { rows[y][x] = nowSign }
  }

  private mutating func drawBands() {
    let first = chart.history.count
    // Widest first, so that narrower intervals shade over it.
    for (index, band) in chart.bands.reversed().enumerated() {
      for step in chart.mean.indices {
        let (upper, lower) = (axis.share(band.upper[step]), axis.share(band.lower[step]))
        guard !upper.isNaN, !lower.isNaN else { continue }
        let from = column(first + step)
        let to = step + 1 < chart.mean.count ? max(from, column(first + step + 1) - 1) : from
        for x in from...to {
          for y in row(share: upper)...max(row(share: upper), row(share: lower)) { rows[y][x] = shade(index) }
        }
      }
    }
  }

  private mutating func drawLines() {
    if isUnicode {
      var dots = DotCanvas(width: width, height: height)
      dots.draw(points(dots, chart.history, from: 0))
      dots.draw(points(dots, chart.mean, from: chart.history.count))
      for y in 0..<height {
        for x in 0..<width { if let sign = dots.sign(x, y) { rows[y][x] = sign } }
      }
      return
    }
    for (sign, values, first) in [("*" as Character, chart.history, 0), ("o", chart.mean, chart.history.count)] {
      for (index, value) in values.enumerated() where value.isFinite {
        rows[row(share: axis.share(value))][column(first + index)] = sign
      }
    }
  }

  /// Places in dots; nil where a value is missing.
  private func points(_ canvas: DotCanvas, _ values: [Double], from first: Int) -> [(x: Int, y: Int)?] {
    values.enumerated().map { index, value in
      guard value.isFinite else { return nil }
      let across = chart.steps.share(first + index) * Double(canvas.across - 1)
      let up = axis.share(value) * Double(canvas.up - 1)
      return (Int(across.rounded()), canvas.up - 1 - Int(up.rounded()))
    }
  }
}
