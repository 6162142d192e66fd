import Glibc

/// The spread of the pool's errors, step by step.
///
/// Two estimates meet. The members' own standard errors, averaged by weight, know from the whole history how errors
/// grow with the step, but take every model for true. The pool's rolling errors take nothing for granted, but are few and
/// overlap. Their ratio, the rolling errors in units of the standard errors, enters with the power `trust`, which
/// shrinks its logarithm: chance alone makes it vary by a third from series to series.
struct PoolSpread: Sendable {
  /// Standard error of each step, before the factor for the length of the history.
  let errors: [Double]
  /// Samples in the history.
  let count: Int

  /// Power of the rolling ratio: 0 believes the models, 1 the rolling errors.
  static let trust = 0.6
  /// Intervals are wider than normal theory by this factor on a long history (errors have heavy tails) …
  static let longFactor = 1.1
  /// … and by this much divided by the number of samples on top (parameters are estimated).
  static let shortFactor = 14.0

  /// - Parameter mean: the pool's forecasts.
  /// - Parameter weights: by member, summing to 1.
  init(_ rolling: RollingOrigins, plan: PoolPlan, mean: [Double], weights: [Double], values: [Double]) {
    let horizon = mean.count
    var model = [Double](repeating: 0, count: horizon)
    var total = 0.0
    for (index, fit) in rolling.fits.enumerated() where weights[index] > 0 {
      guard let fit else { continue }
      let own = fit.standardErrors(horizon: horizon)
      guard own[0] > 0, own.allSatisfy(\.isFinite) else { continue }
      total += weights[index]
      // The error of a logarithm is a relative error.
      let isRelative = plan.members[index].isLogarithmic
      for j in 0..<horizon { model[j] += weights[index] * own[j] * (isRelative ? abs(mean[j]) : 1) }
    }
    if total > 0, model.allSatisfy({ $0 > 0 && $0 < 1e12 }) {
      for j in 0..<horizon { model[j] /= total }
    } else {
      let change = Self.typicalChange(values)
      for j in 0..<horizon { model[j] = change * Double(j + 1).squareRoot() }
    }
    let ratio = Self.rollingRatio(rolling, weights: weights, values: values, model: model)
    let scale = ratio.map { pow($0, Self.trust) } ?? 1
    errors = model.map { clamped($0 * scale) }
    count = values.count
  }

  /// Root mean square of the pool's rolling errors in units of the model's; `nil` when there is none.
  private static func rollingRatio(
    _ rolling: RollingOrigins, weights: [Double], values: [Double], model: [Double]
  ) -> Double? {
    var sum = 0.0
    var number = 0.0
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
      for j in 0..<length where !values[origin + j].isNaN && model[j] > 0 {
        let e = (values[origin + j] - mean[j] / total) / model[j]
        sum += e * e
        number += 1
      }
    }
    return number > 0 && sum.isFinite ? (sum / number).squareRoot() : nil
  }

  /// Root mean square change from one present sample to the next.
  private static func typicalChange(_ values: [Double]) -> Double {
    var sum = 0.0
    var number = 0.0
    var last = Double.nan
    for value in values where !value.isNaN {
      if !last.isNaN {
        sum += (value - last) * (value - last)
        number += 1
      }
      last = value
    }
    return number > 0 ? (sum / number).squareRoot() : 0
  }

  /// Half widths of the interval of a level.
  func reach(level: Double) -> [Double] {
    let factor =
      NormalDistribution.quantile(0.5 + level / 2) * (Self.longFactor + Self.shortFactor / Double(count))
    return errors.map { clamped(factor * $0) }
  }
}
