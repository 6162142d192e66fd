extension FanChart {
  /// A picture: red, green and blue bytes, row by row from the top.
  public struct Pixels: Sendable, Equatable {
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    /// Three bytes a pixel.
    public let bytes: [UInt8]
  }

  /// The drawing as pixels on white, with smooth edges: the same shapes as the SVG.
  ///
  /// - Parameter width: in pixels, at least 200 and at most 10,000.
  /// - Parameter height: in pixels, at least 120 and at most 10,000.
  public func pixels(width: Int = 960, height: Int = 360) -> Pixels {
    let width = min(max(200, width), 10_000)
    let height = min(max(120, height), 10_000)
    var canvas = PixelCanvas(width: width, height: height)
    let (left, right, top, bottom) = (64.0, Double(width) - 12, 30.0, Double(height) - 24)
    func x(_ step: Int) -> Double { count > 1 ? left + (right - left) * Double(step) / Double(count - 1) : left }
    func y(_ value: Double) -> Double { bottom - (bottom - top) * self.height(value) }
    let blue = PixelCanvas.Colour(red: 0x2f, green: 0x7e, blue: 0xd8)
    let grey = PixelCanvas.Colour(red: 0x66, green: 0x66, blue: 0x66)
    let pale = PixelCanvas.Colour(red: 0xdd, green: 0xdd, blue: 0xdd)
    for edge in [top, bottom] { canvas.stroke(xs: [left, right], ys: [edge, edge], pale, thickness: 1) }
    let steps = mean.indices.map { x(history.count + $0) }
    for (index, band) in bands.reversed().enumerated() {
      canvas.fill(
        xs: steps, upper: band.upper.map(y), lower: band.lower.map(y), blue, opacity: [0.16, 0.28, 0.4][min(index, 2)])
    }
    // A missing value breaks the line.
    var stretch: [(x: Double, y: Double)] = []
    for (i, value) in (history + [.nan]).enumerated() {
      if value.isFinite {
        stretch.append((x(i), y(value)))
      } else if !stretch.isEmpty {
        canvas.stroke(xs: stretch.map(\.x), ys: stretch.map(\.y), grey, thickness: 1.5)
        stretch = []
      }
    }
    canvas.stroke(xs: steps, ys: mean.map(y), blue, thickness: 2)
    canvas.write(title, x: Int(left), y: 19, grey)
    canvas.write(Self.label(high), x: Int(left) - 6, y: Int(top) + 4, grey, endsAtX: true)
    canvas.write(Self.label(low), x: Int(left) - 6, y: Int(bottom) + 4, grey, endsAtX: true)
    return Pixels(width: width, height: height, bytes: canvas.bytes)
  }
}
