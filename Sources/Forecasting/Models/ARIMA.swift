import Glibc

/// Seasonal ARIMA(p, d, q)(P, D, Q)_m (Box and Jenkins 1976):
///
///     φ(B) Φ(B^m) [(1−B)^d (1−B^m)^D y_t − c] = θ(B) Θ(B^m) ε_t
///
/// fitted by the exact Gaussian likelihood of the differences; σ² and c are solved in closed form, the other
/// parameters searched as partial autocorrelations, so that every fit is stationary and invertible. A difference over
/// a missing value is missing and passed over by the filter.
public struct ARIMA: ForecastModel {
  /// Which terms a model has.
  public struct Order: Sendable, Hashable, CustomStringConvertible {
    /// p, the last values.
    public var autoregression: Int
    /// d, differences over one step.
    public var differences: Int
    /// q, the last errors.
    public var movingAverage: Int
    /// P, values of the last cycles.
    public var seasonalAutoregression: Int
    /// D, differences over one cycle.
    public var seasonalDifferences: Int
    /// Q, errors of the last cycles.
    public var seasonalMovingAverage: Int
    /// m, steps in a cycle; 1 is no season.
    public var period: Int

    /// (p, d, q)(P, D, Q)_m; negative numbers count as 0.
    public init(_ p: Int, _ d: Int, _ q: Int, seasonal: (Int, Int, Int) = (0, 0, 0), period: Int = 1) {
      autoregression = max(0, p)
      differences = max(0, d)
      movingAverage = max(0, q)
      self.period = max(1, period)
      seasonalAutoregression = period > 1 ? max(0, seasonal.0) : 0
      seasonalDifferences = period > 1 ? max(0, seasonal.1) : 0
      seasonalMovingAverage = period > 1 ? max(0, seasonal.2) : 0
    }

    /// Searched parameters.
    public var parameterCount: Int {
      autoregression + movingAverage + seasonalAutoregression + seasonalMovingAverage
    }

    /// Samples that differencing takes.
    public var lost: Int { differences + seasonalDifferences * period }

    /// Such as `(0,1,1)(0,1,1)12`.
    public var description: String {
      let plain = "(\(autoregression),\(differences),\(movingAverage))"
      if seasonalAutoregression + seasonalDifferences + seasonalMovingAverage == 0 { return plain }
      return plain + "(\(seasonalAutoregression),\(seasonalDifferences),\(seasonalMovingAverage))\(period)"
    }
  }

  /// The terms.
  public var order: Order
  /// Whether the differences have a mean c: the mean of the series without differences, a drift with one.
  public var hasConstant: Bool

  /// A model of given order.
  public init(_ order: Order, hasConstant: Bool = false) {
    self.order = order
    self.hasConstant = hasConstant
  }

  /// Such as `arima (0,1,1)(0,1,1)12 with drift`.
  public var name: String {
    let isDrift = order.differences + order.seasonalDifferences > 0
    return "arima \(order)" + (hasConstant ? (isDrift ? " with drift" : " with mean") : "")
  }

  /// Partial autocorrelations are searched as hyperbolic tangents of numbers within ± this: up to 0.99998.
  static let searchBox = 5.5

  /// Needs two more present differences than parameters.
  public func fit(_ values: [Double], from previous: Fitted?) throws(ForecastingError) -> Fitted {
    let sample = try sample(values)
    var start = [Double](repeating: 0, count: order.parameterCount)
    if let previous, previous.model.order == order { start = previous.search }
    var best = search(sample, from: start)
    // Where p and q cancel each other the surface has a ridge through zero; a second start looks beside it.
    if previous == nil, order.parameterCount > 1 {
      let other = search(sample, from: start.indices.map { $0 % 2 == 0 ? 0.3 : -0.3 })
      if other.value < best.value - 1e-9 { best = other }
    }
    return try fitted(values, sample, search: best.x)
  }

  /// Keeps the searched parameters; c and σ² are solved again.
  public func update(_ fitted: Fitted, with values: [Double]) throws(ForecastingError) -> Fitted {
    try self.fitted(values, sample(values), search: fitted.search)
  }

  /// Multiplications of a search, by estimate: 25 gradients from each start, and a filter for each.
  func searchCost(count: Int, hasGaps: Bool) -> Double {
    let o = order
    let state = Double(
      max(
        o.autoregression + o.period * o.seasonalAutoregression,
        o.movingAverage + o.period * o.seasonalMovingAverage + 1))
    let filters = Double(25 * (2 * o.parameterCount + 2) * (o.parameterCount > 1 ? 2 : 1))
    return filters * Double(count) * (hasGaps ? state * state : 8 * state)
  }

  // MARK: - The likelihood

  /// Differences with, in the second lane, what c adds to them.
  struct Sample {
    var lanes: [SIMD2<Double>]
    var count: Int
    /// Below this the variance is rounding.
    var leastVariance: Double
  }

  func sample(_ values: [Double]) throws(ForecastingError) -> Sample {
    let present = try checkValues(values, needed: 2)
    let differences = Differences.of(values, order)
    let count = differences.count { !$0.isNaN }
    let needed = order.parameterCount + (hasConstant ? 1 : 0) + 2
    guard count >= needed else { throw .tooFewValues(needed: needed + order.lost, present: present) }
    var largest = 0.0
    for value in values where !value.isNaN { largest = max(largest, abs(value)) }
    let level = hasConstant ? 1.0 : 0
    return Sample(
      lanes: differences.map { SIMD2($0, $0.isNaN ? 0 : level) }, count: count,
      leastVariance: max(1e-24 * largest * largest, 1e-280))
  }

  /// The process of searched numbers: non-seasonal and seasonal autoregression, then the moving averages.
  func process(_ x: [Double]) -> (process: ARMAProcess, coefficients: [Double]) {
    let o = order
    var at = 0
    func take(_ count: Int) -> [Double] {
      let partial = x[at..<(at + count)].map { tanh($0) }
      at += count
      return ARMAProcess.coefficients(partial: partial)
    }
    let phi = take(o.autoregression)
    let seasonalPhi = take(o.seasonalAutoregression)
    let theta = take(o.movingAverage)
    let seasonalTheta = take(o.seasonalMovingAverage)
    let process = ARMAProcess(
      autoregression: ARMAProcess.product(phi, seasonal: seasonalPhi, period: o.period),
      movingAverage: ARMAProcess.product(theta, seasonal: seasonalTheta, period: o.period).map { -$0 })
    return (process, phi + seasonalPhi + (theta + seasonalTheta).map { -$0 })
  }

  /// log σ² + Σ log F / n, the likelihood up to constants; +∞ where there is none.
  static func deviance(_ sample: Sample, _ sums: ARMAFilter.Sums) -> (value: Double, variance: Double, constant: Double)
  {
    let n = Double(sample.count)
    let constant = sums.regressor > 0 ? sums.cross / sums.regressor : 0
    let squares = sums.squares - constant * sums.cross
    let variance = max(squares / n, sample.leastVariance)
    return (log(variance) + sums.logDeterminant / n, variance, constant)
  }

  private func search(_ sample: Sample, from start: [Double]) -> (x: [Double], value: Double) {
    Minimise.descent(start: start, box: Self.searchBox, iterations: 60, tolerance: 1e-9) { x in
      guard let filter = ARMAFilter(process(x).process) else { return .infinity }
      return Self.deviance(sample, filter.run(sample.lanes).sums).value
    }
  }

  private func fitted(
    _ values: [Double], _ sample: Sample, search x: [Double]
  ) throws(ForecastingError) -> Fitted {
    let (process, coefficients) = process(x)
    // White noise is always possible.
    guard let filter = ARMAFilter(process) else {
      return try fitted(values, sample, search: [Double](repeating: 0, count: x.count))
    }
    return Fitted(
      model: self, search: x, coefficients: coefficients, process: process, values: values, sample: sample,
      filter: filter)
  }
}

/// Differences over steps and cycles.
enum Differences {
  /// (1−B)^d (1−B^m)^D of the values; NaN where one that is needed is missing.
  static func of(_ values: [Double], _ order: ARIMA.Order) -> [Double] {
    var result = values
    for _ in 0..<order.seasonalDifferences { result = over(order.period, result) }
    for _ in 0..<order.differences { result = over(1, result) }
    return result
  }

  /// x_t − x_{t−lag}; shorter by the lag.
  static func over(_ lag: Int, _ values: [Double]) -> [Double] {
    guard values.count > lag else { return [] }
    return (lag..<values.count).map { values[$0] - values[$0 - lag] }
  }

  /// a_1, a_2, … with y_t = w_t + Σ a_k y_{t−k}, w the differences.
  static func weights(_ order: ARIMA.Order) -> [Double] {
    var polynomial = [1.0]
    func multiply(_ lag: Int) {
      var result = polynomial + [Double](repeating: 0, count: lag)
      for (i, a) in polynomial.enumerated() { result[i + lag] -= a }
      polynomial = result
    }
    for _ in 0..<order.seasonalDifferences { multiply(order.period) }
    for _ in 0..<order.differences { multiply(1) }
    return polynomial.dropFirst().map { -$0 }
  }
}
