extension FanChart {
  /// The drawing for a terminal: lines in Braille dots, the widest interval shaded light and the narrowest darker.
  ///
  /// - Parameter width: columns of the drawing, without the labels; at least 10.
  /// - Parameter height: rows; at least 3.
  public func text(width: Int = 72, height: Int = 14) -> String {
    let width = max(10, width)
    let height = max(3, height)
    let dotsAcross = 2 * width
    let dotsUp = 4 * height
    var dots = [UInt8](repeating: 0, count: width * height)
    var shade = [Int](repeating: 0, count: width * height)
    func column(_ step: Int) -> Int { count > 1 ? step * (dotsAcross - 1) / (count - 1) : 0 }
    func row(_ value: Double) -> Int { dotsUp - 1 - Int((self.height(value) * Double(dotsUp - 1)).rounded()) }
    func dot(_ x: Int, _ y: Int) {
      // Bits of a Braille cell: left column 1 2 3 7, right column 4 5 6 8.
      let bit: UInt8 = x % 2 == 0 ? [1, 2, 4, 64][y % 4] : [8, 16, 32, 128][y % 4]
      dots[y / 4 * width + x / 2] |= bit
    }
    func draw(_ values: [Double], from first: Int) {
      var last: (x: Int, y: Int)?
      for (i, value) in values.enumerated() {
        guard value.isFinite else {
          last = nil
          continue
        }
        let x = column(first + i)
        let y = row(value)
        if let last {
          let steps = max(abs(x - last.x), abs(y - last.y), 1)
          for k in 0...steps { dot(last.x + (x - last.x) * k / steps, last.y + (y - last.y) * k / steps) }
        } else {
          dot(x, y)
        }
        last = (x, y)
      }
    }
    // Widest first, so that narrower intervals shade over it.
    for (index, band) in bands.reversed().enumerated() {
      for j in mean.indices {
        let from = column(history.count + j) / 2
        let to = j + 1 < mean.count ? column(history.count + j + 1) / 2 : width - 1
        for x in from...max(from, to) {
          let top = row(band.upper[j]) / 4
          let bottom = row(band.lower[j]) / 4
          for y in top...max(top, bottom) { shade[y * width + x] = index + 1 }
        }
      }
    }
    draw(history, from: 0)
    draw(mean, from: history.count)
    let labels = [0: Self.label(high), height - 1: Self.label(low)]
    let margin = labels.values.map(\.count).max() ?? 0
    var text = title.isEmpty ? "" : title + "\n"
    for y in 0..<height {
      let label = labels[y] ?? ""
      text += String(repeating: " ", count: margin - label.count) + label + " ┤"
      for x in 0..<width {
        let cell = y * width + x
        if dots[cell] != 0 {
          text.unicodeScalars.append(Unicode.Scalar(0x2800 + UInt32(dots[cell])) ?? " ")
        } else {
          text += [" ", "░", "▒", "▓"][min(shade[cell], 3)]
        }
      }
      text += "\n"
    }
    return text
  }
}
