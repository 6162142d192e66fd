/// The models that a `Forecaster` uses.
public enum ForecastMethod: String, Sendable, CaseIterable {
  /// The pool of members weighted by rolling origins.
  case pool
  /// Exponential smoothing, trend and season chosen by AICc.
  case exponentialSmoothing = "ets"
  /// Dynamic optimised Theta behind a seasonal adjustment.
  case dynamicTheta = "dotm"
  /// The classical Theta method behind a seasonal adjustment.
  case theta
  /// Complex exponential smoothing, season chosen by AICc.
  case complexSmoothing = "ces"
  /// Theta lines of four kinds, the best one, behind a seasonal adjustment.
  case fourTheta = "4theta"
  /// ARIMA with exact likelihood, order and season chosen by AICc.
  case arima
  /// Several seasons by loess, the rest by exponential smoothing.
  case multipleSeasons = "mstl"
  /// Autoregression of differences behind a seasonal adjustment.
  case autoregression = "ar"
  /// The last cycle again.
  case seasonalNaive = "snaive"
}
