import Glibc

/// Autoregression of the differences, ARIMA(p, 1, 0) with drift, its order chosen by AICc.
///
/// Coefficients by Burg's recursion (Burg 1975; Brockwell and Davis 2016, section 5.1.2), always stationary, all orders
/// in one sweep of O(n · p); reflection coefficients use only stretches without missing values. The drift is the
/// mean difference times max(0, 1 - s²/μ²), s its standard error by the fitted spectrum at 0: a drift that the noise
/// explains is left out.
public struct Autoregression: ForecastModel {
  /// Highest order tried; `nil` is 10 log₁₀ n, at most a quarter of the values (as `ar` of R).
  public var maximumOrder: Int?

  /// An autoregression of differences.
  public init(maximumOrder: Int? = nil) {
    self.maximumOrder = maximumOrder
  }

  /// `autoregression`.
  public var name: String { "autoregression" }

  /// Needs two present values.
  public func fit(_ values: [Double], from previous: Fitted?) throws(ForecastingError) -> Fitted {
    try checkValues(values, needed: 2)
    return fitted(values)
  }

  func fitted(_ values: [Double]) -> Fitted {
    var differences = [Double]()
    differences.reserveCapacity(values.count)
    var sum = 0.0
    var count = 0
    for t in 1..<max(values.count, 1) {
      let d = values[t] - values[t - 1]
      differences.append(d)
      if !d.isNaN {
        sum += d
        count += 1
      }
    }
    let mean = count > 0 ? sum / Double(count) : 0
    let limit = maximumOrder ?? Int(10 * log10(Double(max(count, 1))))
    let order = max(0, min(limit, count / 4))
    let fit = Burg.fit(differences, mean: mean, maximumOrder: order)
    let gain = 1 - fit.coefficients.reduce(0, +)
    let spread = gain > 0 && count > 0 ? fit.variance / (gain * gain) / Double(count) : .infinity
    let drift = mean * max(0, 1 - spread / max(mean * mean, 1e-300))
    return Fitted(
      name: name, coefficients: fit.coefficients, drift: drift, values: values)
  }

  /// A fitted autoregression of differences.
  public struct Fitted: FittedModel {
    /// The name of the model.
    public let name: String
    /// φ_1 … φ_p of the differences around the drift.
    public let coefficients: [Double]
    /// Mean change a step.
    public let drift: Double
    /// One-step errors; NaN where there is none.
    public let residuals: [Double]
    let last: Double
    /// The last p differences without drift, newest first.
    let recent: [Double]

    init(name: String, coefficients: [Double], drift: Double, values: [Double]) {
      self.name = name
      self.coefficients = coefficients
      self.drift = drift
      let p = coefficients.count
      let n = values.count
      var residuals = [Double](repeating: .nan, count: n)
      var level = Double.nan
      // differences[t] belongs to the step into sample t; a missing sample takes its forecast.
      var differences = [Double](repeating: 0, count: n)
      for t in 0..<n {
        if level.isNaN {
          level = values[t]
          continue
        }
        var mean = 0.0
        for k in 0..<min(p, t) { mean += coefficients[k] * differences[t - 1 - k] }
        if values[t].isNaN {
          differences[t] = mean
          level += drift + mean
        } else {
          differences[t] = values[t] - level - drift
          residuals[t] = differences[t] - mean
          level = values[t]
        }
      }
      self.residuals = residuals
      last = level.isNaN ? 0 : level
      recent = (0..<p).map { n - 1 - $0 >= 0 ? differences[n - 1 - $0] : 0 }
    }

    /// The fitted parameters.
    public var parameters: [ModelParameter] {
      [ModelParameter("drift", drift, hasUnits: true)]
        + coefficients.enumerated().map { ModelParameter("autoregression \($0 + 1)", $1) }
    }

    /// The path of the mean.
    public func components(horizon: Int) -> ForecastComponents {
      let p = coefficients.count
      var path = [Double](repeating: 0, count: horizon)
      var future = [Double](repeating: 0, count: horizon)
      var level = last
      for j in 0..<horizon {
        var mean = 0.0
        for k in 0..<p { mean += coefficients[k] * (k < j ? future[j - 1 - k] : recent[k - j]) }
        future[j] = mean
        level += drift + mean
        path[j] = level
      }
      return ForecastComponents(level: last, path: path, seasonal: [Double](repeating: 0, count: horizon))
    }

    /// σ √(Σ ψ²), ψ the weights of past errors in the summed process.
    public func standardErrors(horizon: Int) -> [Double] {
      let sigma = residualVariance.squareRoot()
      var psi = [Double](repeating: 0, count: horizon)
      var total = 0.0
      var variance = 0.0
      return (0..<horizon).map { j in
        var value = j == 0 ? 1.0 : 0
        for k in 0..<min(coefficients.count, j) { value += coefficients[k] * psi[j - 1 - k] }
        psi[j] = value
        total += value
        variance += total * total
        return sigma * variance.squareRoot()
      }
    }
  }
}

/// Burg's recursion over a series with gaps.
enum Burg {
  /// Coefficients of the order with the least AICc.
  static func fit(_ samples: [Double], mean: Double, maximumOrder: Int) -> (coefficients: [Double], variance: Double) {
    let n = samples.count
    var run = [Int32](repeating: 0, count: n)
    var forward = [Double](repeating: 0, count: n)
    var total = 0.0
    var present = 0
    for t in 0..<n where !samples[t].isNaN {
      forward[t] = samples[t] - mean
      run[t] = (t > 0 ? run[t - 1] : 0) + 1
      total += forward[t] * forward[t]
      present += 1
    }
    guard present > 0, total > 0 else { return ([], 0) }
    let isComplete = present == n
    var backward = forward
    var coefficients: [Double] = []
    var best: [Double] = []
    var variance = total / Double(present)
    var bestVariance = variance
    func criterion(_ variance: Double, _ order: Int) -> Double {
      let k = Double(order + 2)
      let count = Double(present)
      guard count > k + 1, variance > 0 else { return .infinity }
      return count * log(variance) + 2 * k * count / (count - k - 1)
    }
    var bestCriterion = criterion(variance, 0)
    for order in 1..<max(maximumOrder + 1, 1) {
      var numerator = 0.0
      var denominator = 0.0
      forward.withUnsafeBufferPointer { f in
        backward.withUnsafeBufferPointer { b in
          for t in order..<n where isComplete || run[t] > order {
            numerator += f[t] * b[t - 1]
            denominator += f[t] * f[t] + b[t - 1] * b[t - 1]
          }
        }
      }
      guard denominator > 0 else { break }
      let reflection = min(max(2 * numerator / denominator, -0.9999), 0.9999)
      // Backwards in time, so that backward[t - 1] is still that of the order below.
      forward.withUnsafeMutableBufferPointer { f in
        backward.withUnsafeMutableBufferPointer { b in
          for t in stride(from: n - 1, through: order, by: -1) {
            let old = f[t]
            f[t] = old - reflection * b[t - 1]
            b[t] = b[t - 1] - reflection * old
          }
        }
      }
      var next = coefficients
      for k in 0..<coefficients.count {
        next[k] = coefficients[k] - reflection * coefficients[coefficients.count - 1 - k]
      }
      next.append(reflection)
      coefficients = next
      variance *= 1 - reflection * reflection
      let value = criterion(variance, order)
      if value < bestCriterion {
        bestCriterion = value
        best = coefficients
        bestVariance = variance
      }
    }
    return (best, bestVariance)
  }
}
