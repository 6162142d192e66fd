/// Season, trend and remainder by loess, STL (Cleveland, Cleveland, McRae, Terpenning 1990, Journal of Official
/// Statistics 6(1)). The season may change slowly from cycle to cycle.
///
/// Missing samples have weight 0 in every regression. O(n · windows) a pass.
public struct SeasonalTrend: Sendable {
  /// Steps in a cycle, at least 2.
  public var period: Int
  /// Cycles in the window over one phase of the season; odd, at least 3. More make the season steadier.
  public var seasonalWindow: Int
  /// Samples in the window of the trend; odd; `nil` is the smallest that keeps the season out of it,
  /// 1.5 · period / (1 − 1.5 / seasonalWindow).
  public var trendWindow: Int?
  /// Samples in the window that keeps the trend out of the season; odd; `nil` is the period, or one more.
  public var lowPassWindow: Int?
  /// Passes over season and trend.
  public var innerPasses = 2
  /// Passes that give outliers less weight.
  public var robustPasses = 0
  /// Fits at every tenth of a window, as R does, or at every sample.
  public var jumps = true

  /// Defaults of R's `stl`, and the season's window of its `mstl`.
  public init(period: Int, seasonalWindow: Int = 11) {
    self.period = period
    self.seasonalWindow = seasonalWindow
  }

  /// The parts of a series: `values = seasonal + trend + remainder`.
  public struct Decomposition: Sendable, Equatable {
    /// The season's part.
    public var seasonal: [Double]
    /// The smooth level.
    public var trend: [Double]
    /// The rest; NaN where the value is missing.
    public var remainder: [Double]
  }

  /// Decomposes a series; `nil` with fewer than two cycles, or when a phase of the cycle has no value.
  /// - Parameter values: at equal steps, oldest first, NaN = missing; magnitudes up to 1e100.
  public func decompose(_ values: [Double]) -> Decomposition? {
    let n = values.count
    guard period >= 2, n >= 2 * period else { return nil }
    for phase in 0..<period
    where stride(from: phase, to: n, by: period).allSatisfy({ !values[$0].isFinite }) { return nil }
    let isMissing = values.map { !$0.isFinite }
    let hasGaps = isMissing.contains(true)
    let y = values.map { $0.isFinite ? $0 : 0 }
    let presence = isMissing.map { $0 ? 0.0 : 1 }
    var weights: [Double]? = hasGaps ? presence : nil
    var seasonal = [Double](repeating: 0, count: n)
    var trend = seasonal
    for pass in 0...max(0, robustPasses) {
      for _ in 0..<max(1, innerPasses) { onePass(y, weights, &seasonal, &trend) }
      guard pass < robustPasses else { break }
      let robust = Self.robustness(y, seasonal, trend, isMissing)
      weights = zip(presence, robust).map { $0 * $1 }
    }
    let remainder = (0..<n).map { values[$0].isFinite ? values[$0] - seasonal[$0] - trend[$0] : .nan }
    return Decomposition(seasonal: seasonal, trend: trend, remainder: remainder)
  }

  /// How strong a season is (Wang, Smith, Hyndman 2006): 1 − variance of the remainder ÷ that of season and remainder,
  /// at least 0.
  public static func strength(_ decomposition: Decomposition) -> Double {
    var rest = RunningVariance()
    var whole = RunningVariance()
    for (r, s) in zip(decomposition.remainder, decomposition.seasonal) where !r.isNaN {
      rest.add(r)
      whole.add(r + s)
    }
    guard whole.value > 0 else { return 0 }
    return max(0, 1 - rest.value / whole.value)
  }

  // MARK: - Passes

  private func loess(_ window: Int) -> Loess {
    Loess(window: window, degree: 1, jump: jumps ? max(1, (window + 9) / 10) : 1)
  }

  static func odd(_ x: Double) -> Int {
    let whole = Int(x.rounded(.up))
    return whole % 2 == 0 ? whole + 1 : whole
  }

  private func onePass(
    _ y: [Double], _ weights: [Double]?, _ seasonal: inout [Double], _ trend: inout [Double]
  ) {
    let n = y.count
    let cycle = max(3, seasonalWindow | 1)
    let long = trendWindow ?? Self.odd(1.5 * Double(period) / (1 - 1.5 / Double(cycle)))
    let detrended = (0..<n).map { y[$0] - trend[$0] }
    let cycles = cycleSubseries(detrended, weights, loess(cycle))
    // The moving averages over a cycle, a cycle and three take from the season what is trend.
    let averaged = Self.movingAverage(
      Self.movingAverage(Self.movingAverage(cycles, period), period), 3)
    let low = smooth(averaged, nil, loess(lowPassWindow ?? period | 1))
    for i in 0..<n { seasonal[i] = cycles[period + i] - low[i] }
    trend = smooth((0..<n).map { y[$0] - seasonal[$0] }, weights, loess(max(3, long | 1)))
  }

  private func smooth(_ y: [Double], _ weights: [Double]?, _ loess: Loess) -> [Double] {
    var result = y
    result.withUnsafeMutableBufferPointer { result in
      y.withUnsafeBufferPointer { y in
        if let weights {
          weights.withUnsafeBufferPointer { loess.smooth(y, $0, into: result) }
        } else {
          loess.smooth(y, nil, into: result)
        }
      }
    }
    return result
  }

  /// Each phase smoothed over the cycles and carried one cycle beyond both ends: n + 2 · period values.
  private func cycleSubseries(_ y: [Double], _ weights: [Double]?, _ loess: Loess) -> [Double] {
    let n = y.count
    var result = [Double](repeating: 0, count: n + 2 * period)
    for phase in 0..<period {
      let count = (n - phase - 1) / period + 1
      let own = (0..<count).map { y[phase + $0 * period] }
      let ownWeights = weights.map { weights in (0..<count).map { weights[phase + $0 * period] } }
      let smoothed = smooth(own, ownWeights, loess)
      for k in 0..<count { result[phase + (k + 1) * period] = smoothed[k] }
      let (before, after) = own.withUnsafeBufferPointer { y in
        func ends(_ weights: UnsafeBufferPointer<Double>?) -> (Double?, Double?) {
          (
            loess.fit(y, weights, at: -1, left: 0, right: min(loess.window, count) - 1),
            loess.fit(y, weights, at: count, left: max(0, count - loess.window), right: count - 1)
          )
        }
        return ownWeights.map { $0.withUnsafeBufferPointer { ends($0) } } ?? ends(nil)
      }
      result[phase] = before ?? smoothed[0]
      result[phase + (count + 1) * period] = after ?? smoothed[count - 1]
    }
    return result
  }

  private static func movingAverage(_ x: [Double], _ length: Int) -> [Double] {
    var result = [Double](repeating: 0, count: x.count - length + 1)
    var sum = 0.0
    for i in 0..<length { sum += x[i] }
    result[0] = sum / Double(length)
    for i in 1..<max(1, result.count) {
      sum += x[i + length - 1] - x[i - 1]
      result[i] = sum / Double(length)
    }
    return result
  }

  /// Bisquare weights by six median absolute remainders.
  private static func robustness(
    _ y: [Double], _ seasonal: [Double], _ trend: [Double], _ isMissing: [Bool]
  ) -> [Double] {
    let size = y.indices.map { abs(y[$0] - seasonal[$0] - trend[$0]) }
    let present = y.indices.filter { !isMissing[$0] }.map { size[$0] }.sorted()
    let count = present.count
    guard count > 0 else { return size.map { _ in 1 } }
    let limit = 3 * (present[count / 2] + present[(count - 1) / 2])
    return size.map { r in
      if r <= 0.001 * limit { return 1 }
      guard r <= 0.999 * limit else { return 0 }
      let u = r / limit
      return (1 - u * u) * (1 - u * u)
    }
  }
}

/// Variance in one pass (Welford 1962).
struct RunningVariance {
  private var count = 0.0
  private var mean = 0.0
  private var squares = 0.0

  mutating func add(_ x: Double) {
    count += 1
    let delta = x - mean
    mean += delta / count
    squares += delta * (x - mean)
  }

  /// Σ (x − mean)² / n; 0 without values.
  var value: Double { count > 0 ? squares / count : 0 }
}
