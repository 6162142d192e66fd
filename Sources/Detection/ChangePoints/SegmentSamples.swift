import Numerics

/// The present samples of a series, made ready for segment costs: centred, scaled to a range of 1, wild ones tamed.
struct SegmentSamples: Sendable {
  /// n values.
  let values: [Double]
  /// n positions in steps, ascending: where samples are missing, positions leave some out.
  let positions: [Double]
  /// What one unit of `values` is in units of the series.
  let scale: Double

  /// Neighbours on each side that say what is wild.
  static let reach = 5
  /// Robust standard deviations beyond which a sample is wild.
  static let wild = 3.0

  /// `nil` when all values are equal.
  init?(values raw: [Double], positions: [Int]) {
    let sorted = raw.sorted()
    let range = sorted[sorted.count - 1] - sorted[0]
    guard range > 0, range.isFinite else { return nil }
    let middle = sorted[sorted.count / 2]
    let scaled = raw.map { ($0 - middle) / range }
    self.values = Self.tamed(scaled, least: Self.noise(of: scaled, autoregression: 0))
    self.positions = positions.map(Double.init)
    scale = range
  }

  /// Standard deviation of the innovations of an AR(1) process with changes, from medians of absolute first and
  /// second differences, whichever is less: few of them span a change, and second ones see no slope. At least
  /// `ChangePoints.leastNoise`.
  func noise(autoregression: Double) -> Double {
    Self.noise(of: values, autoregression: autoregression)
  }

  private static func noise(of values: [Double], autoregression phi: Double) -> Double {
    let first = zip(values.dropFirst(), values).map { abs($0 - $1) }
    let second = zip(values.dropFirst(2), zip(values.dropFirst(), values)).map { abs($0 - 2 * $1.0 + $1.1) }
    // A difference of an AR(1) process of variance v has variance 2 (1 − φ) v, a second one (6 − 8 φ + 2 φ²) v;
    // its innovations have (1 − φ²) v.
    var variance = Double.infinity
    if let median = OrderStatistics.median(first, ofTwo: .lower) {
      let deviation = median * OrderStatistics.deviationPerMedian
      variance = deviation * deviation / (2 * (1 - phi))
    }
    if let median = OrderStatistics.median(second, ofTwo: .lower) {
      let deviation = median * OrderStatistics.deviationPerMedian
      variance = min(variance, deviation * deviation / (6 - 8 * phi + 2 * phi * phi))
    }
    return max((variance * (1 - phi * phi)).squareRoot(), ChangePoints.leastNoise)
  }

  private static func tamed(_ values: [Double], least: Double) -> [Double] {
    values.indices.map { i in
      let around = Array(values[max(0, i - reach)...min(values.count - 1, i + reach)])
      guard let middle = OrderStatistics.median(around, ofTwo: .lower),
        let spread = OrderStatistics.medianDeviation(around, from: middle, ofTwo: .lower)
      else { return values[i] }
      let limit = wild * max(least, OrderStatistics.deviationPerMedian * spread)
      return min(max(values[i], middle - limit), middle + limit)
    }
  }
}
