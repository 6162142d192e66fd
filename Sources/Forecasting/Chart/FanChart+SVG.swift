extension FanChart {
  /// The drawing as an SVG document, readable in light and dark surroundings: it brings its own ground.
  ///
  /// With three levels at most about 400 kB, however long series and forecast are. Colours are Okabe and Ito's (2008), which colour-blind people can
  /// tell apart. Fonts are those of the reader.
  /// - Parameters:
  ///   - width: in pixels, at least 320.
  ///   - height: in pixels, at least 240.
  public func svg(width: Int = 960, height: Int = 420) -> String {
    let picture = SVGPicture(chart: self, width: max(320, width), height: max(240, height))
    let name = SVGText.escaped(heading.isEmpty ? "Forecast" : heading)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(picture.width)" height="\(picture.height)" \
      viewBox="0 0 \(picture.width) \(picture.height)" role="img" aria-label="\(name)" \
      font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="13">
      <title>\(name)</title>
      <desc>\(SVGText.escaped(summary))</desc>
      <style>
      .fan-ground { fill: #ffffff } .fan-text { fill: #1b1f24 } .fan-label { fill: #57606a }
      .fan-grid { stroke: #8c959f; stroke-opacity: 0.35 } .fan-now { stroke: #b34700; stroke-dasharray: 4 3 }
      .fan-past { stroke: #30363d; fill: none } .fan-future { stroke: #0072b2; fill: none } .fan-band { fill: #0072b2 }
      .fan-past, .fan-future { stroke-linejoin: round; stroke-linecap: round }
      .fan-past-dot { fill: #30363d } .fan-future-dot { fill: #0072b2 } .fan-now-text { fill: #b34700 }
      @media (prefers-color-scheme: dark) {
      .fan-ground { fill: #15181d } .fan-text { fill: #e6e8eb } .fan-label { fill: #a5adb6 }
      .fan-now { stroke: #e69f00 } .fan-now-text { fill: #e69f00 } .fan-past { stroke: #d5d8dc }
      .fan-past-dot { fill: #d5d8dc } .fan-future { stroke: #56b4e9 } .fan-future-dot { fill: #56b4e9 }
      .fan-band { fill: #56b4e9 } }
      </style>
      <rect class="fan-ground" width="100%" height="100%"/>
      \(picture.body)</svg>

      """
  }

  /// The drawing in words, for people who do not see it.
  var summary: String {
    var words = ""
    if !history.isEmpty {
      let missing = history.count { !$0.isFinite }
      words = "\(history.count) samples"
      if history.count > 1 { words += " from \(steps.name(0)) to \(steps.name(history.count - 1))" }
      if missing > 0 { words += ", \(missing) missing" }
      words += ". "
    }
    guard let last = mean.last else { return words }
    func text(_ value: Double) -> String { ChartText.number(value) + (unit.isEmpty ? "" : " " + unit) }
    words += "Forecast of \(mean.count) step\(mean.count == 1 ? "" : "s")"
    words += ", to \(text(last)) at \(steps.name(history.count + mean.count - 1))"
    if let band = bands.last, let lower = band.lower.last, let upper = band.upper.last {
      words += ", with \(Self.percent(band.level)) from \(text(lower)) to \(text(upper))"
    }
    return words + "."
  }
}
