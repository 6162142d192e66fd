import Glibc
import Numerics

/// A forecast with what its covariates do.
public struct CovariateForecast: Sendable, Equatable {
  /// The forecast; `components.known` is what the covariates add at each step to what they add now.
  public var forecast: Forecast
  /// By covariate.
  public var effects: [CovariateEffect]
}

extension Forecaster {
  /// Forecasts with covariates whose future is known: their effects are estimated on the history
  /// (`CovariateRegression`), taken out of it, and put back into the forecast of what is left.
  ///
  /// A step that lies in the past is thereby evened out: members and intervals see the series as if it had always been
  /// where it is now. Intervals grow by the uncertainty of an effect where its covariate changes ahead.
  ///
  /// - Parameter covariates: each with as many values as samples and steps together, finite.
  /// - Throws: as `forecast`; `.invalidCovariate` for a covariate of another length or with a value that is not finite.
  public func forecast(
    _ values: [Double], covariates: [Covariate], horizon: Int, levels: [Double] = [0.8, 0.95]
  ) throws(ForecastingError) -> CovariateForecast {
    guard (1...Self.maximumHorizon).contains(horizon) else { throw .invalidHorizon(horizon) }
    for covariate in covariates {
      guard covariate.values.count == values.count + horizon, covariate.values.allSatisfy(\.isFinite) else {
        throw .invalidCovariate(covariate.name)
      }
    }
    let effects = covariates.isEmpty ? [] : effects(values, covariates)
    let n = values.count
    var total = [Double](repeating: 0, count: n + horizon)
    for (effect, covariate) in zip(effects, covariates) where effect.used != 0 {
      for t in total.indices { total[t] += effect.used * covariate.values[t] }
    }
    guard total.contains(where: { $0 != 0 }), total.allSatisfy(\.isFinite) else {
      return CovariateForecast(
        forecast: try forecast(values, horizon: horizon, levels: levels), effects: effects)
    }
    // The level of now stays where it is: only what differs from now is taken out.
    let now = total[n - 1]
    let adjusted = (0..<n).map { clamped(values[$0] - (total[$0] - now)) }
    var free = self
    free.bounds = nil
    var forecast = try free.forecast(
      zip(values, adjusted).map { $0.isNaN ? .nan : $1 }, horizon: horizon, levels: levels)
    let known = total[n...].map { clamped($0 - now) }
    let errors = (0..<horizon).map { j in
      var squares = 0.0
      for (effect, covariate) in zip(effects, covariates) where effect.used != 0 {
        let e = effect.standardError * (covariate.values[n + j] - covariate.values[n - 1])
        squares += e * e
      }
      return clamped(squares.squareRoot())
    }
    forecast.add(known, errors: errors)
    if let bounds { forecast.clamp(to: bounds) }
    return CovariateForecast(forecast: forecast, effects: effects)
  }

  /// Effects of the covariates; none where the history is too short to tell.
  private func effects(_ values: [Double], _ covariates: [Covariate]) -> [CovariateEffect] {
    let none = covariates.map { CovariateEffect(name: $0.name, estimate: 0, standardError: 0, share: 0) }
    let first = max(0, values.count - Self.maximumHistory)
    var largest = 0.0
    for value in values[first...] where value.isFinite { largest = max(largest, abs(value)) }
    guard largest > 0, !values[first...].contains(where: \.isInfinite) else { return none }
    // A power of two: scaling loses no bit.
    let unit = Double(sign: .plus, exponent: max(-1000, min(1000, Int(largest.exponent))), significand: 1)
    var scaled = values[first...].map { $0 / unit }
    for period in season where period > 1 && SeasonalIndices.isSeasonal(scaled[...], period: period) {
      if let indices = SeasonalIndices(classical: scaled[...], period: period, isMultiplicative: false) {
        scaled = indices.adjusted(scaled[...])
      }
    }
    do throws(ForecastingError) {
      let own = covariates.map { Covariate(name: $0.name, values: Array($0.values[first..<values.count])) }
      return try CovariateRegression(scaled, own).effects.map { effect in
        var effect = effect
        effect.estimate = clamped(effect.estimate * unit)
        effect.standardError = clamped(effect.standardError * unit)
        return effect
      }
    } catch {
      return none
    }
  }
}

extension Forecast {
  /// Adds a known path; the bounds move along and, by `errors` (standard errors of the path), apart.
  mutating func add(_ known: [Double], errors: [Double]) {
    components.known = known
    for j in components.mean.indices {
      let mean = components.mean[j]
      components.mean[j] = clamped(mean + known[j])
      for i in bands.indices {
        let own = NormalDistribution.quantile(0.5 + bands[i].level / 2) * errors[j]
        bands[i].lower[j] = clamped(components.mean[j] - hypot(clamped(mean - bands[i].lower[j]), own))
        bands[i].upper[j] = clamped(components.mean[j] + hypot(clamped(bands[i].upper[j] - mean), own))
      }
    }
  }
}
