/// A stationary, invertible autoregressive moving average process of unit innovation variance:
///
///     w_t = φ_1 w_{t-1} + … + φ_p w_{t-p} + ε_t + θ_1 ε_{t-1} + … + θ_q ε_{t-q}
struct ARMAProcess: Sendable {
  /// φ_1 … φ_p.
  let autoregression: [Double]
  /// θ_1 … θ_q.
  let movingAverage: [Double]
  /// Dimension of the state: max(p, q + 1).
  var stateCount: Int { max(autoregression.count, movingAverage.count + 1) }

  /// Coefficients of a stationary autoregression from its partial autocorrelations, each within ±1 (Durbin and
  /// Levinson; as a parametrisation: Jones 1980, Technometrics 22(3)).
  static func coefficients(partial: [Double]) -> [Double] {
    var result: [Double] = []
    for r in partial {
      let before = result
      for k in before.indices { result[k] = before[k] - r * before[before.count - 1 - k] }
      result.append(r)
    }
    return result
  }

  /// The inverse; `nil` when the autoregression is not stationary.
  static func partial(coefficients: [Double]) -> [Double]? {
    var a = coefficients
    var partial = [Double](repeating: 0, count: a.count)
    for k in a.indices.reversed() {
      let r = a[k]
      // A NaN fails as well.
      guard abs(r) < 1 else { return nil }
      partial[k] = r
      a.removeLast()
      let before = a
      for i in a.indices { a[i] = (before[i] + r * before[before.count - 1 - i]) / (1 - r * r) }
    }
    return partial
  }

  /// Coefficients of (1 − Σ a_i B^i)(1 − Σ s_j B^{mj}), in the same signs.
  static func product(_ coefficients: [Double], seasonal: [Double], period: Int) -> [Double] {
    guard !seasonal.isEmpty else { return coefficients }
    var result = [Double](repeating: 0, count: coefficients.count + period * seasonal.count)
    for (i, a) in coefficients.enumerated() { result[i] += a }
    for (j, s) in seasonal.enumerated() {
      let lag = period * (j + 1)
      result[lag - 1] += s
      for (i, a) in coefficients.enumerated() { result[lag + i] -= a * s }
    }
    return result
  }

  /// Autocovariances at lags 0 … `count` − 1 of the autoregression alone; `nil` when it is not stationary.
  private func autoregressionCovariances(_ count: Int) -> [Double]? {
    let p = autoregression.count
    guard let partial = Self.partial(coefficients: autoregression) else { return nil }
    var variance = 1.0
    for r in partial { variance /= 1 - r * r }
    guard variance.isFinite else { return nil }
    var g = [Double](repeating: 0, count: max(count, p + 1))
    g[0] = variance
    var a: [Double] = []
    var rest = variance
    for k in 1..<g.count {
      if k <= p {
        var sum = partial[k - 1] * rest
        for j in a.indices { sum += a[j] * g[k - 1 - j] }
        g[k] = sum
        let r = partial[k - 1]
        let before = a
        for i in a.indices { a[i] = before[i] - r * before[before.count - 1 - i] }
        a.append(r)
        rest *= 1 - r * r
      } else {
        var sum = 0.0
        for j in 0..<p { sum += autoregression[j] * g[k - 1 - j] }
        g[k] = sum
      }
    }
    return g
  }

  /// ψ_0 … ψ_{count−1}: the weights of past innovations.
  func psi(_ count: Int) -> [Double] {
    var psi = [Double](repeating: 0, count: count)
    for k in 0..<count {
      var value = k == 0 ? 1 : (k <= movingAverage.count ? movingAverage[k - 1] : 0)
      for j in 0..<min(k, autoregression.count) { value += autoregression[j] * psi[k - 1 - j] }
      psi[k] = value
    }
    return psi
  }

  /// Covariances of the stationary state with the value that it stands for, the first column of P_1; `nil` when the
  /// process is not stationary. O(p² + q² + r (p + q)).
  func stationaryColumn() -> [Double]? {
    let r = stateCount
    let q = movingAverage.count
    guard let g = autoregressionCovariances(r + q + 1) else { return nil }
    let theta = [1] + movingAverage
    var correlation = [Double](repeating: 0, count: q + 1)
    for j in 0...q { for i in 0...(q - j) { correlation[j] += theta[i] * theta[i + j] } }
    let gamma = (0...r).map { k in
      var sum = correlation[0] * g[k]
      for j in stride(from: 1, through: q, by: 1) { sum += correlation[j] * (g[k + j] + g[abs(k - j)]) }
      return sum
    }
    let psi = psi(q + 1)
    return (0..<r).map { i in
      var sum = 0.0
      for k in stride(from: i + 1, through: autoregression.count, by: 1) { sum += autoregression[k - 1] * gamma[k - i] }
      for k in stride(from: i, through: q, by: 1) { sum += theta[k] * psi[k - i] }
      return sum
    }
  }
}
