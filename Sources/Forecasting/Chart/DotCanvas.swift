/// Lines in Braille characters, each of two by four dots.
struct DotCanvas {
  private let width: Int
  private var cells: [UInt8]
  /// Dots in a row.
  let across: Int
  /// Dots in a column.
  let up: Int

  /// - Parameter width: in characters, and so is `height`.
  init(width: Int, height: Int) {
    self.width = width
    across = 2 * width
    up = 4 * height
    cells = [UInt8](repeating: 0, count: width * height)
  }

  /// Draws a line through dots, counted from the top left; nil breaks it.
  mutating func draw(_ points: [(x: Int, y: Int)?]) {
    var last: (x: Int, y: Int)?
    for point in points {
      defer { last = point }
      guard let point else { continue }
      let from = last ?? point
      let count = max(abs(point.x - from.x), abs(point.y - from.y), 1)
      for k in 0...count {
        set(from.x + (point.x - from.x) * k / count, from.y + (point.y - from.y) * k / count)
      }
    }
  }

  private mutating func set(_ x: Int, _ y: Int) {
    // Bits of a Braille cell: left column 1 2 3 7, right column 4 5 6 8.
    let bit: UInt8 = x % 2 == 0 ? [1, 2, 4, 64][y % 4] : [8, 16, 32, 128][y % 4]
    cells[y / 4 * width + x / 2] |= bit
  }

  /// The character of a cell; nil: it has no dots.
  func sign(_ x: Int, _ y: Int) -> Character? {
    let dots = cells[y * width + x]
    return dots == 0 ? nil : Unicode.Scalar(0x2800 + UInt32(dots)).map(Character.init)
  }
}
