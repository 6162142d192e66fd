/// Forecasts of the past, from origins before which the forecaster saw nothing of what it had to forecast.
public struct Backtest: Sendable {
  /// One forecast and what came.
  public struct Origin: Sendable {
    /// Samples before the origin: all that the forecaster was given.
    public let count: Int
    /// The forecast.
    public let forecast: Forecast
    /// The values of its steps, NaN = missing.
    public let actual: [Double]
  }

  /// The origins, ascending.
  public let origins: [Origin]
  /// Mean |x_t − x_{t−m}| before the first origin, by which errors of different series become comparable (the scale of
  /// MASE: Hyndman and Koehler 2006, IJF 22(4)); `nil` when it is 0 or cannot be formed.
  public let scale: Double?
}

extension Forecaster {
  /// Forecasts the last `origins` stretches of one horizon each, each from the samples before it alone.
  ///
  /// - Parameter covariates: each with a value for every sample (more are not looked at): their future is known.
  /// - Parameter origins: at most so many; fewer when the history is too short for more.
  /// - Throws: as `forecast`; `.tooFewValues` when no stretch leaves three values before it.
  public func backtest(
    _ values: [Double], covariates: [Covariate] = [], horizon: Int, levels: [Double] = [0.8, 0.95], origins: Int = 3
  ) throws(ForecastingError) -> Backtest {
    guard (1...Self.maximumHorizon).contains(horizon) else { throw .invalidHorizon(horizon) }
    var results: [Backtest.Origin] = []
    for k in 0..<max(1, origins) {
      let end = values.count - (k + 1) * horizon
      guard end >= 3, values[..<end].count(where: { !$0.isNaN }) >= 3 else { break }
      for covariate in covariates where covariate.values.count < values.count {
        throw .invalidCovariate(covariate.name)
      }
      let known = covariates.map { Covariate(name: $0.name, values: Array($0.values[..<(end + horizon)])) }
      let forecast = try forecast(Array(values[..<end]), covariates: known, horizon: horizon, levels: levels).forecast
      results.append(Backtest.Origin(count: end, forecast: forecast, actual: Array(values[end..<(end + horizon)])))
    }
    guard let first = results.last?.count else {
      throw .tooFewValues(needed: horizon + 3, present: values.count { !$0.isNaN })
    }
    let lag = season.first ?? 1
    var sum = 0.0
    var count = 0.0
    for t in lag..<max(first, lag) where !values[t].isNaN && !values[t - lag].isNaN {
      sum += abs(values[t] - values[t - lag])
      count += 1
    }
    let scale = count > 0 ? sum / count : 0
    return Backtest(origins: results.reversed(), scale: scale > 0 && scale.isFinite ? scale : nil)
  }
}
