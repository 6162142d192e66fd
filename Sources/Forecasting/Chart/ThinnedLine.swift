/// A line as a picture of some columns can show it: no more than four points a column, and gaps where values are missing.
///
/// The first, least, greatest and last value of a column draw the same pixels as all of its values (M4; Jugel and
/// others, 2014, section 4.2).
struct ThinnedLine {
  /// A point of the picture.
  struct Point: Equatable {
    let x: Double
    let y: Double
  }

  /// Stretches without a gap, from left to right; each has at least one point.
  private(set) var stretches: [[Point]] = []

  /// - Parameters:
  ///   - points: from left to right; y is NaN where the value is missing.
  ///   - columns: of the picture; no more than two points for each are kept as they are.
  init(_ points: [Point], columns: Int) {
    var stretch: [Point] = []
    func isThere(_ point: Point) -> Bool { !point.y.isNaN }
    if points.count <= 2 * columns {
      for point in points {
        if isThere(point) {
          stretch.append(point)
        } else if !stretch.isEmpty {
          stretches.append(stretch)
          stretch = []
        }
      }
    } else {
      var start = 0
      while start < points.count {
        let column = points[start].x.rounded(.down)
        let end = points[start...].firstIndex { $0.x.rounded(.down) != column } ?? points.count
        let kept = (start..<end).filter { isThere(points[$0]) }
        let extremes = [
          kept.first, kept.min { points[$0].y < points[$1].y }, kept.max { points[$0].y < points[$1].y }, kept.last,
        ]
        stretch += Set(extremes.compactMap(\.self)).sorted().map { points[$0] }
        if kept.isEmpty, !stretch.isEmpty {
          stretches.append(stretch)
          stretch = []
        }
        start = end
      }
    }
    if !stretch.isEmpty { stretches.append(stretch) }
  }
}
