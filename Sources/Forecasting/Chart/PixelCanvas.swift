/// A picture in memory, white at first, with the few shapes that a chart needs, drawn with smooth edges.
struct PixelCanvas {
  /// Columns.
  let width: Int
  /// Rows.
  let height: Int
  /// Red, green and blue of each pixel, row by row from the top.
  private(set) var bytes: [UInt8]

  /// A colour, each part 0…255.
  struct Colour {
    let red: Double
    let green: Double
    let blue: Double
  }

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    bytes = [UInt8](repeating: 255, count: 3 * width * height)
  }

  /// Lays a colour over a pixel; the share is clipped to 0…1.
  private mutating func blend(_ x: Int, _ y: Int, _ colour: Colour, _ share: Double) {
    guard x >= 0, x < width, y >= 0, y < height, share > 0 else { return }
    let share = min(share, 1)
    let at = 3 * (y * width + x)
    for (k, part) in [colour.red, colour.green, colour.blue].enumerated() {
      bytes[at + k] = UInt8((Double(bytes[at + k]) * (1 - share) + part * share).rounded())
    }
  }

  /// Fills between two curves over the same ascending places.
  mutating func fill(
    xs: [Double], upper: [Double], lower: [Double], _ colour: Colour, opacity: Double
  ) {
    guard let first = xs.first, let last = xs.last else { return }
    var segment = 0
    for column in max(0, Int(first.rounded(.down)))...max(0, min(width - 1, Int(last.rounded(.up)))) {
      // The part of the column that lies between the ends; the curves at its middle.
      let from = max(Double(column), first)
      let to = min(Double(column + 1), last)
      let share = xs.count == 1 ? 1 : to - from
      guard share > 0 else { continue }
      let x = (from + to) / 2
      while segment + 2 < xs.count, xs[segment + 1] < x { segment += 1 }
      func value(_ curve: [Double]) -> Double {
        guard segment + 1 < xs.count else { return curve[segment] }
        let span = xs[segment + 1] - xs[segment]
        let t = span > 0 ? min(max((x - xs[segment]) / span, 0), 1) : 0
        return curve[segment] + (curve[segment + 1] - curve[segment]) * t
      }
      let top = value(upper)
      let bottom = value(lower)
      for row in max(0, Int(top.rounded(.down)))...max(0, min(height - 1, Int(bottom.rounded(.down)))) {
        let covered = min(Double(row + 1), bottom) - max(Double(row), top)
        blend(column, row, colour, share * max(covered, 0) * opacity)
      }
    }
  }

  /// Draws a line through points.
  mutating func stroke(xs: [Double], ys: [Double], _ colour: Colour, thickness: Double) {
    guard let first = xs.first, let last = xs.last else { return }
    // The greatest share of all segments counts, so that joints are not drawn twice.
    let left = max(0, Int(first - thickness) - 1)
    let right = min(width - 1, Int(last + thickness) + 1)
    guard left <= right else { return }
    let columns = right - left + 1
    var cover = [Double](repeating: 0, count: columns * height)
    let half = thickness / 2
    for i in 0..<max(1, xs.count - 1) {
      let (x0, y0) = (xs[i], ys[i])
      let (x1, y1) = i + 1 < xs.count ? (xs[i + 1], ys[i + 1]) : (x0, y0)
      let (dx, dy) = (x1 - x0, y1 - y0)
      let length = dx * dx + dy * dy
      let rows = max(0, Int(min(y0, y1) - thickness) - 1)...max(0, min(height - 1, Int(max(y0, y1) + thickness) + 1))
      for row in rows {
        for column in max(left, Int(x0 - thickness) - 1)...max(left, min(right, Int(x1 + thickness) + 1)) {
          let (px, py) = (Double(column) + 0.5 - x0, Double(row) + 0.5 - y0)
          let t = length > 0 ? min(max((px * dx + py * dy) / length, 0), 1) : 0
          let (ex, ey) = (px - t * dx, py - t * dy)
          let share = min(max(half + 0.5 - (ex * ex + ey * ey).squareRoot(), 0), 1)
          let at = row * columns + column - left
          cover[at] = max(cover[at], share)
        }
      }
    }
    for row in 0..<height {
      for column in 0..<columns where cover[row * columns + column] > 0 {
        blend(left + column, row, colour, cover[row * columns + column])
      }
    }
  }

  /// Writes text; `x` is its left end, or its right one, `y` the row that the letters stand on.
  mutating func write(_ text: String, x: Int, y: Int, _ colour: Colour, endsAtX: Bool = false) {
    let characters = Array(text.unicodeScalars)
    var column = endsAtX ? x - PixelFont.width * characters.count : x
    for character in characters {
      guard column < width else { return }
      for (row, bits) in PixelFont.rows(character).enumerated() {
        for k in 0..<PixelFont.width where bits & (32 >> UInt8(k)) != 0 {
          blend(column + k, y - PixelFont.baseline + row, colour, 1)
        }
      }
      column += PixelFont.width
    }
  }
}
