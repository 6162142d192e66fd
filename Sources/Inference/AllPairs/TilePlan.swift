/// The pairs of series, cut into rectangles whose products stay in the cache.
struct TilePlan {
  /// Leading series × following series.
  struct Tile {
    let rows: Range<Int>
    let columns: Range<Int>
  }

  private let series: Int
  private let across: Int
  /// Series along a side: 64 × 64 pairs of 65 numbers are 2 MiB.
  private static let side = 64

  init(series: Int) {
    self.series = series
    across = (series + Self.side - 1) / Self.side
  }

  var count: Int { across * across }

  subscript(index: Int) -> Tile {
    Tile(rows: range(index / across), columns: range(index % across))
  }

  private func range(_ part: Int) -> Range<Int> { (part * Self.side)..<min((part + 1) * Self.side, series) }
}
