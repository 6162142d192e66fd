/// The test of Kwiatkowski, Phillips, Schmidt and Shin (1992, Journal of Econometrics 54) for a stationary level.
enum StationarityTest {
  /// Sum of squared partial sums of the deviations from the mean over n² times their long-run variance (Bartlett's
  /// window over `lags`); large when the level wanders. Missing samples are passed over; 0 for a constant.
  static func statistic(_ samples: [Double], lags: Int) -> Double {
    let x = samples.filter { !$0.isNaN }
    guard x.count > 1 else { return 0 }
    let n = Double(x.count)
    var mean = 0.0
    for (i, value) in x.enumerated() { mean += (value - mean) / Double(i + 1) }
    var sum = 0.0
    var sums = 0.0
    var variance = 0.0
    for value in x {
      let e = value - mean
      sum += e
      sums += sum * sum
      variance += e * e
    }
    for lag in stride(from: 1, through: min(lags, x.count - 1), by: 1) {
      var product = 0.0
      for t in lag..<x.count { product += (x[t] - mean) * (x[t - lag] - mean) }
      variance += 2 * (1 - Double(lag) / Double(lags + 1)) * product
    }
    guard variance > 0, sums.isFinite else { return 0 }
    return sums / n / variance
  }

  /// Whether the statistic with 3√n/13 lags exceeds 0.463, the published 5 % point.
  static func rejects(_ samples: [Double]) -> Bool {
    let n = samples.count { !$0.isNaN }
    guard n >= 8 else { return false }
    return statistic(samples, lags: Int(3 * Double(n).squareRoot() / 13)) > 0.463
  }
}
