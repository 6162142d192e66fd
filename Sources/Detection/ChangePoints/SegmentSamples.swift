import Numerics

/// The present samples of a series, made ready for segment costs: centred, scaled to a range of 1, wild ones tamed.
struct SegmentSamples: Sendable {
  /// n values.
  let values: [Double]
  /// n positions in steps, ascending: where samples are missing, positions leave some out.
  let positions: [Double]
  /// One unit of `values` in units of the series.
  let scale: Double
  /// For segments of up to n samples.
  let lengths: SegmentLengths
  private let differences: Differences

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
    values = Self.tamed(scaled, least: Differences(of: scaled).noise(autoregression: 0))
    differences = Differences(of: values)
    self.positions = positions.map(Double.init)
    scale = range
    lengths = SegmentLengths(upTo: raw.count)
  }

  /// Standard deviation of the innovations of an AR(1) process with changes, from medians of absolute first and
  /// second differences, whichever is less: few of them span a change, and second ones see no slope. At least
  /// `ChangePoints.leastNoise`.
  func noise(autoregression: Double) -> Double { differences.noise(autoregression: autoregression) }

  /// Medians of absolute first and second differences, as standard deviations of normal distributions.
  private struct Differences: Sendable {
    private let first: Double?
    private let second: Double?

    init(of values: [Double]) {
      var differences: [Double] = []
      for i in stride(from: 1, to: values.count, by: 1) { differences.append(abs(values[i] - values[i - 1])) }
      first = Self.deviation(differences)
      differences.removeAll()
      for i in stride(from: 2, to: values.count, by: 1) {
        differences.append(abs(values[i] - 2 * values[i - 1] + values[i - 2]))
      }
      second = Self.deviation(differences)
    }

    private static func deviation(_ differences: [Double]) -> Double? {
      OrderStatistics.median(differences, ofTwo: .lower).map { $0 * OrderStatistics.deviationPerMedian }
    }

    func noise(autoregression phi: Double) -> Double {
      // A difference of an AR(1) process of variance v has variance 2 (1 − φ) v, a second one (6 − 8 φ + 2 φ²) v;
      // its innovations have (1 − φ²) v.
      var variance = Double.infinity
      if let first { variance = first * first / (2 * (1 - phi)) }
      if let second { variance = min(variance, second * second / (6 - 8 * phi + 2 * phi * phi)) }
      return max((variance * (1 - phi * phi)).squareRoot(), ChangePoints.leastNoise)
    }
  }

  private static func tamed(_ values: [Double], least: Double) -> [Double] {
    let n = values.count
    var tamed = values
    var around: [Double] = []
    for i in 0..<n {
      around.removeAll(keepingCapacity: true)
      let (low, high) = (max(0, i - reach), min(n - 1, i + reach))
      for j in low...high { around.append(values[j]) }
      let middle = OrderStatistics.lowerMedian(sorting: &around)
      for k in 0...(high - low) { around[k] = abs(around[k] - middle) }
      let limit = wild * max(least, OrderStatistics.deviationPerMedian * OrderStatistics.lowerMedian(sorting: &around))
      tamed[i] = min(max(values[i], middle - limit), middle + limit)
    }
    return tamed
  }
}
