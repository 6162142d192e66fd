import Glibc

/// The spread of the pool's errors, by step, from its own rolling errors.
struct PoolSpread: Sendable {
  /// Root mean square of the rolling errors, each divided by step^growth.
  let unit: Double
  /// Steps seen in the rolling errors.
  let steps: Int
  /// Samples in the history.
  let count: Int

  /// Errors grow as step^growth within the steps seen.
  static let growth = 0.35

  init(_ rolling: RollingOrigins, weights: [Double], values: [Double]) {
    var sum = 0.0
    var number = 0.0
    var steps = 0
    for k in rolling.origins.indices {
      let origin = rolling.origins[k]
      let forecasts = rolling.forecasts[k]
      let length = forecasts.lazy.compactMap { $0?.count }.first ?? 0
      var total = 0.0
      var mean = [Double](repeating: 0, count: length)
      for (index, forecast) in forecasts.enumerated() {
        guard let forecast, weights[index] > 0 else { continue }
        total += weights[index]
        for j in 0..<length { mean[j] += weights[index] * forecast[j] }
      }
      guard total > 0 else { continue }
      for j in mean.indices where !values[origin + j].isNaN {
        let e = values[origin + j] - mean[j] / total
        let grown = pow(Double(j + 1), Self.growth)
        sum += e * e / (grown * grown)
        number += 1
        steps = max(steps, j + 1)
      }
    }
    if number == 0 {
      // No origin: the changes from one present sample to the next.
      var last = Double.nan
      for value in values where !value.isNaN {
        if !last.isNaN {
          sum += (value - last) * (value - last)
          number += 1
        }
        last = value
      }
      steps = 1
    }
    unit = number > 0 ? (sum / number).squareRoot() : 0
    self.steps = steps
    count = values.count
  }

  /// Half widths of the interval of a level.
  func reach(level: Double, horizon: Int) -> [Double] {
    let z = NormalDistribution.quantile(0.5 + level / 2)
    let factor = z * (1.2 + 20 / Double(count))
    return (1...horizon).map { step in
      let seen = Double(min(step, steps))
      return clamped(factor * unit * pow(seen, Self.growth) * (Double(step) / seen).squareRoot())
    }
  }
}
