/// Repeats the last value of each phase; with period 1, the last value (the naive forecast).
public struct SeasonalNaive: ForecastModel {
  /// Steps in a cycle, at least 1.
  public var period: Int

  /// A seasonal naive model; periods below 1 count as 1.
  public init(period: Int = 1) {
    self.period = max(1, period)
  }

  /// `naive` or `seasonal naive`.
  public var name: String { period == 1 ? "naive" : "seasonal naive" }

  /// Needs one present value; a phase without any takes the last present value.
  public func fit(_ values: [Double], from previous: Fitted?) throws(ForecastingError) -> Fitted {
    try checkValues(values, needed: 1)
    return fitted(values)
  }

  func fitted(_ values: [Double]) -> Fitted {
    let n = values.count
    let last = values.last { !$0.isNaN } ?? 0
    var phases = [Double](repeating: .nan, count: period)
    var residuals = [Double](repeating: .nan, count: n)
    for t in 0..<n where !values[t].isNaN {
      // NaN while the phase has not been seen.
      residuals[t] = values[t] - phases[t % period]
      phases[t % period] = values[t]
    }
    return Fitted(
      name: name, period: period, phases: phases.map { $0.isNaN ? last : $0 }, steps: n, residuals: residuals)
  }

  /// The last value of each phase.
  public struct Fitted: FittedModel {
    /// The name of the model.
    public let name: String
    let period: Int
    let phases: [Double]
    let steps: Int
    /// One-step errors; NaN where there is none.
    public let residuals: [Double]

    /// The fitted parameters.
    public var parameters: [ModelParameter] { [ModelParameter("period", Double(period))] }

    /// The path of the mean.
    public func components(horizon: Int) -> ForecastComponents {
      let level = phases.reduce(0) { $0 + $1 / Double(period) }
      return ForecastComponents(
        level: level, path: [Double](repeating: level, count: horizon),
        seasonal: (0..<horizon).map { phases[(steps + $0) % period] - level })
    }

    /// σ √k in the k-th cycle ahead.
    public func standardErrors(horizon: Int) -> [Double] {
      let sigma = residualVariance.squareRoot()
      return (0..<horizon).map { sigma * Double($0 / period + 1).squareRoot() }
    }
  }
}
