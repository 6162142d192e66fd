import Glibc

/// Autoregression of the changes over one step, ARIMA(p, 1, 0) with drift, or over one cycle, ARIMA(p, 0, 0)(0, 1, 0);
/// the order is chosen by AICc.
///
/// Coefficients by Burg's recursion (Burg 1975; Brockwell and Davis 2016, section 5.1.2), always stationary, all orders
/// in one sweep of O(n · p); reflection coefficients use only stretches without missing values. The drift is the
/// mean change times max(0, 1 - s²/μ²), s its standard error by the fitted spectrum at 0: a drift that the noise
/// explains is left out.
public struct Autoregression: ForecastModel {
  /// Steps over which changes are taken: 1, or the period of a season that may itself change.
  public var lag: Int
  /// Highest order tried; `nil` is 10 log₁₀ n, at most an eighth of the values.
  public var maximumOrder: Int?

  /// An autoregression of changes; lags below 1 count as 1.
  public init(lag: Int = 1, maximumOrder: Int? = nil) {
    self.lag = max(1, lag)
    self.maximumOrder = maximumOrder
  }

  /// `autoregression` or `autoregression of seasonal changes`.
  public var name: String { lag == 1 ? "autoregression" : "autoregression of seasonal changes" }

  /// Needs two present values, and more samples than the lag.
  public func fit(_ values: [Double], from previous: Fitted?) throws(ForecastingError) -> Fitted {
    let present = try checkValues(values, needed: 2)
    guard values.count > lag else { throw .tooFewValues(needed: lag + 1, present: present) }
    return fitted(values)
  }

  /// Keeps coefficients and drift.
  public func update(_ fitted: Fitted, with values: [Double]) throws(ForecastingError) -> Fitted {
    let present = try checkValues(values, needed: 2)
    guard values.count > lag else { throw .tooFewValues(needed: lag + 1, present: present) }
    return Fitted(
      name: name, lag: lag, coefficients: fitted.coefficients, drift: fitted.drift, values: values)
  }

  func fitted(_ values: [Double]) -> Fitted {
    var changes = [Double](repeating: 0, count: values.count - lag)
    var sum = 0.0
    var count = 0
    for t in lag..<values.count {
      let change = values[t] - values[t - lag]
      changes[t - lag] = change
      if !change.isNaN {
        sum += change
        count += 1
      }
    }
    let mean = count > 0 ? sum / Double(count) : 0
    let limit = maximumOrder ?? Int(10 * log10(Double(max(count, 1))))
    let order = max(0, min(limit, count / 8))
    let fit = Burg.fit(changes, mean: mean, maximumOrder: order)
    let gain = 1 - fit.coefficients.reduce(0, +)
    let spread = gain > 0 && count > 0 ? fit.variance / (gain * gain) / Double(count) : .infinity
    let drift = mean * max(0, 1 - spread / max(mean * mean, 1e-300))
    return Fitted(name: name, lag: lag, coefficients: fit.coefficients, drift: drift, values: values)
  }

  /// A fitted autoregression of changes.
  public struct Fitted: FittedModel {
    /// The name of the model.
    public let name: String
    /// Steps over which changes are taken.
    public let lag: Int
    /// φ_1 … φ_p of the changes around the drift.
    public let coefficients: [Double]
    /// Mean change over the lag.
    public let drift: Double
    /// One-step errors; NaN where there is none.
    public let residuals: [Double]
    /// The last `lag` values, oldest first, missing ones at their forecast.
    let last: [Double]
    /// The last p changes without drift, newest first.
    let recent: [Double]

    init(name: String, lag: Int, coefficients: [Double], drift: Double, values: [Double]) {
      self.name = name
      self.lag = lag
      self.coefficients = coefficients
      self.drift = drift
      let p = coefficients.count
      let n = values.count
      var residuals = [Double](repeating: .nan, count: n)
      // A missing value takes its forecast, so that later changes can be formed over the gap.
      var filled = values
      var changes = [Double](repeating: 0, count: n)
      for t in lag..<max(n, lag) {
        var mean = 0.0
        for k in 0..<min(p, t) { mean += coefficients[k] * changes[t - 1 - k] }
        if values[t].isNaN {
          changes[t] = mean
          filled[t] = filled[t - lag] + drift + mean
        } else if !filled[t - lag].isNaN {
          changes[t] = values[t] - filled[t - lag] - drift
          residuals[t] = changes[t] - mean
        }
      }
      self.residuals = residuals
      let typical = values.last { !$0.isNaN } ?? 0
      last = filled.suffix(lag).map { $0.isNaN ? typical : $0 }
      recent = (0..<p).map { n - 1 - $0 >= 0 ? changes[n - 1 - $0] : 0 }
    }

    /// The fitted parameters.
    public var parameters: [ModelParameter] {
      [ModelParameter("drift", drift, hasUnits: true)]
        + coefficients.enumerated().map { ModelParameter("autoregression \($0 + 1)", $1) }
    }

    /// The path of the mean; with a lag of a cycle, the level is the mean of the last cycle and moves by the drift.
    public func components(horizon: Int) -> ForecastComponents {
      let p = coefficients.count
      var path = [Double](repeating: 0, count: horizon)
      var future = [Double](repeating: 0, count: horizon)
      for j in 0..<horizon {
        var mean = 0.0
        for k in 0..<p { mean += coefficients[k] * (k < j ? future[j - 1 - k] : recent[k - j]) }
        future[j] = mean
        path[j] = (j < lag ? last[j] : path[j - lag]) + drift + mean
      }
      if lag == 1 {
        return ForecastComponents(level: last[0], path: path, seasonal: [Double](repeating: 0, count: horizon))
      }
      let level = last.reduce(0) { $0 + $1 / Double(lag) }
      let trend = (1...horizon).map { level + drift * Double($0) / Double(lag) }
      return ForecastComponents(level: level, path: trend, seasonal: zip(path, trend).map { $0 - $1 })
    }

    /// σ √(Σ ψ²), ψ the weights of past errors in the summed process.
    public func standardErrors(horizon: Int) -> [Double] {
      let sigma = residualVariance.squareRoot()
      var psi = [Double](repeating: 0, count: horizon)
      var total = [Double](repeating: 0, count: horizon)
      var variance = 0.0
      return (0..<horizon).map { j in
        var value = j == 0 ? 1.0 : 0
        for k in 0..<min(coefficients.count, j) { value += coefficients[k] * psi[j - 1 - k] }
        psi[j] = value
        total[j] = value + (j >= lag ? total[j - lag] : 0)
        variance += total[j] * total[j]
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
