@testable import Forecasting

/// The naive forecast with drift: the last value plus the mean change per step.
///
/// With n values and standard deviation σ of the one-step errors, the standard error h steps ahead is
/// σ √(h (1 + h / (n − 1))) (Hyndman and Athanasopoulos 2021, "Forecasting: Principles and Practice", 5.5).
public struct DriftExample: ForecastModel {
  /// A drift model.
  public init() {}

  /// `drift example`.
  public var name: String { "drift example" }

  /// Needs two present values.
  public func fit(_ values: [Double], from previous: Fitted?) throws(ForecastingError) -> Fitted {
    try checkValues(values, needed: 2)
    let present = values.indices.filter { !values[$0].isNaN }
    guard let first = present.first, let last = present.last, first < last else { throw .noValues }
    let slope = (values[last] - values[first]) / Double(last - first)
    var residuals = [Double](repeating: .nan, count: values.count)
    for (before, index) in zip(present, present.dropFirst()) where index == before + 1 {
      residuals[index] = values[index] - values[before] - slope
    }
    return Fitted(
      name: name, last: values[last] + slope * Double(values.count - 1 - last), slope: slope, steps: last - first,
      residuals: residuals)
  }

  /// The last value and the slope.
  public struct Fitted: FittedModel {
    /// The name of the model.
    public let name: String
    let last: Double
    let slope: Double
    let steps: Int
    /// One-step errors; NaN where a value, or the one before it, is missing.
    public let residuals: [Double]

    /// The fitted parameters.
    public var parameters: [ModelParameter] { [ModelParameter("slope", slope, hasUnits: true)] }

    /// A straight line.
    public func components(horizon: Int) -> ForecastComponents {
      ForecastComponents(
        level: last, path: (1...horizon).map { last + slope * Double($0) },
        seasonal: [Double](repeating: 0, count: horizon))
    }

    /// σ √(h (1 + h / (n − 1))).
    public func standardErrors(horizon: Int) -> [Double] {
      let sigma = residualVariance.squareRoot()
      return (1...horizon).map { sigma * (Double($0) * (1 + Double($0) / Double(steps))).squareRoot() }
    }
  }
}
