/// A series brought to mean 0 and spread 1 before anything is multiplied: sums of squares keep half of the digits, and a
/// thermometer in kelvin has few to spare.
struct StandardisedSeries {
  /// n samples, NaN = missing.
  let values: [Double]
  /// Standard deviation of the original, over n.
  let spread: Double

  /// The values, 0 where missing.
  var filled: [Double] { values.map { $0.isNaN ? 0 : $0 } }

  /// - Parameter observed: the samples that are not missing.
  /// - Throws: `.constantSeries`, also where the values differ by rounding only.
  init(_ values: [Double], observed: [Int]) throws(InferenceError) {
    // In parts, lest the sum of the largest finite numbers become infinite.
    let count = Double(observed.count)
    let mean = observed.reduce(0) { $0 + values[$1] / count }
    let largest = observed.reduce(0) { max($0, abs(values[$1] - mean)) }
    let (least, greatest) = observed.reduce((Double.infinity, -Double.infinity)) {
      (min($0.0, values[$1]), max($0.1, values[$1]))
    }
    // Differences of a few units in the last place are rounding.
    guard greatest - least > 16 * max(abs(least), abs(greatest)).ulp, largest > 0, largest.isFinite else {
      throw .constantSeries
    }
    let squares = observed.reduce(0) { sum, t in
      let deviation = (values[t] - mean) / largest
      return sum + deviation * deviation
    }
    let spread = largest * (squares / count).squareRoot()
    self.values = values.map { ($0 - mean) / spread }
    self.spread = spread
  }
}
