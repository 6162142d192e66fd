/// Takes wild samples out of a series: those beyond so many robust standard deviations of the median of their
/// neighbourhood (Hampel 1974; Davies and Gather 1993, "The identification of multiple outliers", section 4).
///
/// A sample is wild when |x − median| > bound · 1.4826 · MAD, both of the samples up to `reach` before and after it, itself
/// included. A change of level is none: half of its neighbourhood has changed with it.
public struct HampelFilter: Sendable {
  /// Samples on either side.
  public var reach: Int
  /// Robust standard deviations. Too low takes away what heavy tails are made of; too high leaves what one sample alone
  /// makes significant.
  public var bound: Double
  /// Fewest samples of a neighbourhood that can tell.
  static let fewest = 7

  /// The defaults are for daily data.
  public init(reach: Int = 10, bound: Double = 4.5) {
    self.reach = reach
    self.bound = bound
  }

  /// The series with wild samples missing; NaN = missing. O(n · reach · log reach).
  public func applied(to values: [Double]) -> [Double] {
    values.indices.map { i in
      guard !values[i].isNaN else { return .nan }
      let near = values[max(0, i - reach)...min(values.count - 1, i + reach)].filter { !$0.isNaN }.sorted()
      guard near.count >= Self.fewest else { return values[i] }
      let median = near[near.count / 2]
      guard let spread = OrderStatistics.medianDeviation(near, from: median, ofTwo: .upper), spread > 0 else {
        // Without scatter nothing tells what is wild.
        return values[i]
      }
      return abs(values[i] - median) > bound * OrderStatistics.deviationPerMedian * spread ? .nan : values[i]
    }
  }
}
