extension FanChart {
  /// The drawing as an SVG document, readable on light and dark ground.
  ///
  /// - Parameter width: in pixels, at least 200.
  /// - Parameter height: in pixels, at least 120.
  public func svg(width: Int = 720, height: Int = 260) -> String {
    let width = Double(max(200, width))
    let height = Double(max(120, height))
    let (left, right, top, bottom) = (64.0, width - 12, 30.0, height - 24)
    func x(_ step: Int) -> Double { count > 1 ? left + (right - left) * Double(step) / Double(count - 1) : left }
    func y(_ value: Double) -> Double { bottom - (bottom - top) * self.height(value) }
    func text(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
    func points(_ values: [Double], from first: Int) -> String {
      values.enumerated().map { "\(text(x(first + $0))),\(text(y($1)))" }.joined(separator: " ")
    }
    var body = ""
    let shades = ["0.16", "0.28", "0.4"]
    for (index, band) in bands.reversed().enumerated() {
      let upper = points(band.upper, from: history.count)
      let lower = band.lower.indices.reversed().map {
        "\(text(x(history.count + $0))),\(text(y(band.lower[$0])))"
      }.joined(separator: " ")
      body += "<polygon points=\"\(upper) \(lower)\" fill=\"#2f7ed8\" fill-opacity=\"\(shades[min(index, 2)])\"/>\n"
    }
    // A missing value breaks the line.
    var stretch: [Double] = []
    var first = 0
    for (i, value) in (history + [.nan]).enumerated() {
      if value.isFinite {
        if stretch.isEmpty { first = i }
        stretch.append(value)
      } else if !stretch.isEmpty {
        body +=
          "<polyline points=\"\(points(stretch, from: first))\" fill=\"none\" stroke=\"#888\" stroke-width=\"1.5\"/>\n"
        stretch = []
      }
    }
    body +=
      "<polyline points=\"\(points(mean, from: history.count))\" fill=\"none\" stroke=\"#2f7ed8\" stroke-width=\"2\"/>\n"
    let font = "font-family=\"sans-serif\" font-size=\"12\" fill=\"#888\""
    body += "<text x=\"\(text(left))\" y=\"18\" \(font)>\(Self.escaped(title))</text>\n"
    for (value, place) in [(high, top + 4), (low, bottom + 4)] {
      body +=
        "<text x=\"\(text(left - 6))\" y=\"\(text(place))\" text-anchor=\"end\" \(font)>\(Self.label(value))</text>\n"
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(Int(width))" height="\(Int(height))" viewBox="0 0 \(Int(width)) \(Int(height))">
      \(body)</svg>

      """
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      // XML 1.0 has no other control characters than these.
      case let c where c.value < 32 && c != "\t" && c != "\n" && c != "\r": result += "\u{FFFD}"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
