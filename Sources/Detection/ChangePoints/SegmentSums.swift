import Glibc

/// Sums over the filtered samples of a segment, from which fit and cost of its description follow in O(1).
///
/// A row is a sample's constant, position and value after the autoregression is filtered out. Positions are counted
/// from a place in the segment, so that nothing cancels however long the series.
struct SegmentSums: Sendable {
  /// Constant, position and value.
  typealias Row = (one: Double, x: Double, y: Double)

  /// Number of samples.
  var count = 0.0
  var oneOne = 0.0
  var oneX = 0.0
  var xx = 0.0
  var oneY = 0.0
  var xy = 0.0
  var yy = 0.0

  /// Adds a sample.
  mutating func add(_ row: Row) {
    count += 1
    oneOne += row.one * row.one
    oneX += row.one * row.x
    xx += row.x * row.x
    oneY += row.one * row.y
    xy += row.x * row.y
    yy += row.y * row.y
  }

  /// The determinant of a line's normal equations, as a share of its first term, must be more.
  static let leastDeterminant = 1e-9

  /// Of the normal equations of a line; `nil` where there is no line to tell: it needs three samples.
  static func determinant(_ count: Double, _ oneOne: Double, _ oneX: Double, _ xx: Double) -> Double? {
    let determinant = oneOne * xx - oneX * oneX
    return count > 2 && determinant > leastDeterminant * oneOne * xx ? determinant : nil
  }

  /// Coefficients and residual sums of squares.
  struct Solution {
    var level: Double
    var slope: Double
    var cost: Double
    var variance: Double
  }

  /// The shorter of the descriptions by a constant and by a line.
  /// - Parameter noise: variance of one sample that counts as noise in any case.
  /// - Parameter logScale: ½ log(s² (1 − φ²)), for the noise that counts and the first sample's filter.
  /// - Parameter logCount: log of the number of samples.
  func solution(noise: Double, logScale: Double, logCount: Double) -> Solution {
    let level = oneY / oneOne
    let flat = (max(0, yy - oneY * level) + noise) / (count + 1)
    let half = (count + 1) / 2
    // Two parameters of a constant: the level and the variance.
    let constant = Solution(level: level, slope: 0, cost: half * log(flat) - logScale + logCount, variance: flat)
    guard let determinant = Self.determinant(count, oneOne, oneX, xx) else { return constant }
    let start = (oneY * xx - xy * oneX) / determinant
    let slope = (xy * oneOne - oneY * oneX) / determinant
    let sloped = (max(0, yy - start * oneY - slope * xy) + noise) / (count + 1)
    let cost = half * log(sloped) - logScale + 1.5 * logCount
    return cost < constant.cost ? Solution(level: start, slope: slope, cost: cost, variance: sloped) : constant
  }
}
