/// Medians and quantiles of a sample.
package enum OrderStatistics {
  /// The median of an even number of values. Every caller keeps the one that its method was written with, as the three
  /// differ in the printed digits.
  package enum Middle: Sendable {
    /// The lower one of the two in the middle.
    case lower
    /// The upper one of the two in the middle.
    case upper
    /// Half of their sum.
    case mean
  }

  /// The standard deviation of a normal distribution, divided by its median absolute deviation.
  package static let deviationPerMedian = 1.4826

  /// The median; nil for no values. O(n log n).
  /// - Parameter values: in any order, none of them NaN.
  package static func median(_ values: [Double], ofTwo middle: Middle) -> Double? {
    median(sorted: values.sorted(), ofTwo: middle)
  }

  /// The median of a few values, the lower one of two, in place: O(n²), by insertion, which is quicker than a general
  /// sort for the eleven values around a sample.
  /// - Parameter values: at least one, none of them NaN; sorted afterwards.
  package static func lowerMedian(sorting values: inout [Double]) -> Double {
    values.withUnsafeMutableBufferPointer { values in
      var i = 1
      while i < values.count {
        let value = values[i]
        var k = i
        while k > 0, values[k - 1] > value {
          values[k] = values[k - 1]
          k -= 1
        }
        values[k] = value
        i += 1
      }
      return values[(values.count - 1) / 2]
    }
  }

  /// The median of the distances from a value; nil for no values. O(n log n).
  ///
  /// Times `deviationPerMedian` it estimates a standard deviation that outliers hardly move.
  /// - Parameter values: in any order, none of them NaN.
  package static func medianDeviation(_ values: [Double], from centre: Double, ofTwo middle: Middle) -> Double? {
    median(sorted: values.map { abs($0 - centre) }.sorted(), ofTwo: middle)
  }

  /// The least value that this share of the values does not exceed (nearest rank); nil for no values. O(n log n).
  /// - Parameters:
  ///   - share: 0…1; 0 is the least value.
  ///   - values: in any order, none of them NaN.
  package static func quantile(_ share: Double, of values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let rank = Int((share * Double(values.count)).rounded(.up))
    return values.sorted()[min(max(rank - 1, 0), values.count - 1)]
  }

  private static func median(sorted: [Double], ofTwo middle: Middle) -> Double? {
    guard !sorted.isEmpty else { return nil }
    let (lower, upper) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
    switch middle {
    case .lower: return lower
    case .upper: return upper
    case .mean: return sorted.count % 2 == 1 ? upper : (lower + upper) / 2
    }
  }
}
