/// A constant or a straight line through a segment, and what its description costs.
struct SegmentFit: Sendable {
  /// Length of the description, in nats.
  var cost: Double
  /// The line at `origin`.
  var level: Double
  /// Per step; 0 where a constant describes the segment shorter.
  var slope: Double
  /// A position in the segment.
  var origin: Double
  /// Standard deviation of the innovations.
  var deviation: Double

  /// The line at a position.
  func value(at position: Double) -> Double { level + slope * (position - origin) }
}
