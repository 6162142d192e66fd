import Glibc

/// How sums over the horizon err in comparison to what the steps' errors make expect.
enum PoolSums {
  /// Power of the measured ratio: the few rolling sums overlap, and chance makes them vary.
  static let trust = 0.5
  /// Sums are hardly ever less certain than three times what the steps say, nor more than thrice as certain.
  static let reach = 1.0 / 3...3.0

  /// Root mean square of the pool's rolling errors of sums (over 2, 3, … steps from each origin, up to the first missing
  /// value) in units of `Forecast.reach`, over that of its errors of steps in units of their spread, to the power
  /// `trust`; 1 when there is none.
  ///
  /// - Parameter errors: the spread of each step.
  static func factor(_ rolling: RollingOrigins, weights: [Double], values: [Double], errors: [Double]) -> Double {
    let expected = Forecast.reach(errors, factor: 1)
    var steps = 0.0
    var stepCount = 0.0
    var sums = 0.0
    var sumCount = 0.0
    for k in rolling.origins.indices {
      let forecasts = rolling.forecasts[k]
      var total = 0.0
      for j in 0..<(forecasts.lazy.compactMap { $0?.count }.first ?? 0) {
        let value = values[rolling.origins[k] + j]
        if value.isNaN { break }
        var mean = 0.0
        var weight = 0.0
        for (index, forecast) in forecasts.enumerated() where weights[index] > 0 {
          guard let forecast else { continue }
          mean += weights[index] * forecast[j]
          weight += weights[index]
        }
        guard weight > 0, errors[j] > 0, expected[j] > 0 else { break }
        let error = value - mean / weight
        total += error
        steps += (error / errors[j]) * (error / errors[j])
        stepCount += 1
        if j > 0 {
          sums += (total / expected[j]) * (total / expected[j])
          sumCount += 1
        }
      }
    }
    guard sumCount > 0, steps > 0 else { return 1 }
    let ratio = ((sums / sumCount) / (steps / stepCount)).squareRoot()
    guard ratio.isFinite else { return 1 }
    return pow(min(max(ratio, reach.lowerBound), reach.upperBound), trust)
  }
}
