import Numerics

/// A way of forecasting one series: a small value that holds settings, never data.
public protocol ForecastModel: Sendable {
  /// The result of fitting.
  associatedtype Fitted: FittedModel

  /// The name used in results, such as `dynamic theta`.
  var name: String { get }

  /// Fits the model.
  ///
  /// - Parameter values: n samples at equal steps, oldest first, NaN = missing; missing samples are skipped by the
  ///   filter and never filled in. Magnitudes up to 1e100.
  /// - Parameter previous: a fit of the same model on other data (usually a shorter history) from which the search
  ///   starts; `nil` starts afresh.
  func fit(_ values: [Double], from previous: Fitted?) throws(ForecastingError) -> Fitted

  /// Runs a fitted model over another history with its smoothing parameters as they are: only what one pass solves
  /// (states, linear parameters) is new. Rolling origins over a long history use it between two searches.
  func update(_ fitted: Fitted, with values: [Double]) throws(ForecastingError) -> Fitted
}

extension ForecastModel {
  /// Fits anew; models without a search need nothing else.
  public func update(_ fitted: Fitted, with values: [Double]) throws(ForecastingError) -> Fitted {
    try fit(values, from: fitted)
  }

  /// Fits the model afresh; see `fit(_:from:)`.
  public func fit(_ values: [Double]) throws(ForecastingError) -> Fitted {
    try fit(values, from: nil)
  }
}

/// A fitted parameter with a name that means something, such as `level smoothing` = 0.31.
public struct ModelParameter: Sendable, Equatable {
  /// The name of the parameter.
  public var name: String
  /// Its value.
  public var value: Double
  /// Whether the value is in the units of the series (a level, a slope) or free of them (a share).
  public var hasUnits: Bool

  /// A named value.
  public init(_ name: String, _ value: Double, hasUnits: Bool = false) {
    self.name = name
    self.value = value
    self.hasUnits = hasUnits
  }
}

/// A model with its parameters and its state at the end of the history.
public protocol FittedModel: Sendable {
  /// The name of the model.
  var name: String { get }

  /// Fitted parameters, in a fixed order.
  var parameters: [ModelParameter] { get }

  /// One-step-ahead errors over the history, oldest first; NaN where the value, or the history that the model needs
  /// before it, is missing. For models on logarithms: errors of the logarithms.
  var residuals: [Double] { get }

  /// The parts of the forecast.
  func components(horizon: Int) -> ForecastComponents

  /// Standard errors of the forecasts 1…horizon, in units of the series, assuming that residuals are uncorrelated.
  func standardErrors(horizon: Int) -> [Double]
}

extension FittedModel {
  /// Point forecasts and normal-theory intervals (mean ± z · standard error).
  ///
  /// - Parameter horizon: number of steps, at least 1.
  /// - Parameter levels: coverages such as 0.95.
  public func forecast(horizon: Int, levels: [Double] = [0.8, 0.95]) -> Forecast {
    let components = components(horizon: horizon)
    let errors = standardErrors(horizon: horizon)
    let bands = levels.sorted().map { level in
      let z = NormalDistribution.quantile(0.5 + level / 2)
      return ForecastBand(
        level: level,
        lower: zip(components.mean, errors).map { clamped($0 - z * $1) },
        upper: zip(components.mean, errors).map { clamped($0 + z * $1) })
    }
    return Forecast(
      components: components, bands: bands, model: name,
      members: [ForecastMember(name: name, weight: 1, error: nil, parameters: parameters)])
  }

  /// Mean of the squared residuals over the present ones; 0 when there is none.
  var residualVariance: Double {
    var sum = 0.0
    var count = 0.0
    for e in residuals where !e.isNaN {
      sum += e * e
      count += 1
    }
    return count > 0 ? sum / count : 0
  }
}

/// `x` within the finite doubles; NaN becomes 0 so that no result ever carries it.
func clamped(_ x: Double) -> Double {
  if x.isFinite { return x }
  return x.isNaN ? 0 : (x > 0 ? Double.greatestFiniteMagnitude : -Double.greatestFiniteMagnitude)
}

/// Checks what every model requires of its input; returns the number of present values.
@discardableResult
func checkValues(_ values: [Double], needed: Int) throws(ForecastingError) -> Int {
  var present = 0
  for (i, value) in values.enumerated() where !value.isNaN {
    if value.isInfinite { throw .infiniteValue(index: i) }
    if abs(value) > 1e100 { throw .valueOutOfRange(index: i) }
    present += 1
  }
  if present == 0 { throw .noValues }
  if present < needed { throw .tooFewValues(needed: needed, present: present) }
  return present
}
