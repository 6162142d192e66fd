/// Several seasons at once, MSTL (Bandara, Hyndman, Bergmeir 2021, arXiv:2107.13462): the seasons by loess, shortest first
/// and twice around, each from what the others leave; what is left of the series by exponential smoothing without
/// season. Forecasts repeat each season's last cycle.
public struct MultipleSeasons: ForecastModel {
  /// Steps in the cycles; those of which the history holds at least two cycles take part, shortest first.
  public var periods: [Int]
  /// Times around.
  public var rounds = 2
  /// How each season is found; the n-th has a window of 7 + 4 n cycles.
  public var settings: SeasonalTrend

  /// - Parameter periods: in any order; those below 2 are left out.
  public init(periods: [Int]) {
    self.periods = Array(Set(periods.filter { $0 > 1 })).sorted()
    settings = SeasonalTrend(period: 2)
  }

  /// `multiple seasons`.
  public var name: String { "multiple seasons" }

  /// The seasons of a history, by period; and the history without them.
  func seasons(_ values: [Double]) -> (seasons: [(period: Int, values: [Double], strength: Double)], rest: [Double]) {
    let usable = periods.filter { values.count >= 2 * $0 + 1 }
    var found = usable.map { (period: $0, values: [Double](repeating: 0, count: values.count), strength: 0.0) }
    var rest = values
    // A single season needs one round.
    for _ in 0..<(usable.count > 1 ? max(1, rounds) : 1) {
      for index in found.indices {
        for t in rest.indices { rest[t] += found[index].values[t] }
        var seasonal = settings
        seasonal.period = found[index].period
        seasonal.seasonalWindow = 7 + 4 * (index + 1)
        guard let decomposition = seasonal.decompose(rest) else {
          found[index].values = [Double](repeating: 0, count: values.count)
          continue
        }
        found[index].values = decomposition.seasonal
        found[index].strength = SeasonalTrend.strength(decomposition)
        for t in rest.indices { rest[t] -= decomposition.seasonal[t] }
      }
    }
    return (found, rest)
  }

  /// Needs two present values.
  public func fit(_ values: [Double], from previous: Fitted?) throws(ForecastingError) -> Fitted {
    try checkValues(values, needed: 2)
    let (seasons, rest) = seasons(values)
    return Fitted(name: name, seasons: seasons, trend: try AutomaticSmoothing().fit(rest, from: previous?.trend))
  }

  /// Keeps the smoothing parameters of the rest.
  public func update(_ fitted: Fitted, with values: [Double]) throws(ForecastingError) -> Fitted {
    try checkValues(values, needed: 2)
    let (seasons, rest) = seasons(values)
    return Fitted(name: name, seasons: seasons, trend: try AutomaticSmoothing().update(fitted.trend, with: rest))
  }

  /// Fitted seasons and what is left.
  public struct Fitted: FittedModel {
    /// The name of the model.
    public let name: String
    /// The smoothing of the series without its seasons.
    public let trend: ExponentialSmoothing.Fitted
    /// By period: the last cycle, and how strong the season is.
    let cycles: [(period: Int, values: [Double], strength: Double)]

    init(
      name: String, seasons: [(period: Int, values: [Double], strength: Double)], trend: ExponentialSmoothing.Fitted
    ) {
      self.name = name
      self.trend = trend
      cycles = seasons.map { ($0.period, Array($0.values.suffix($0.period)), $0.strength) }
    }

    /// How strong each season is, 0…1, and the smoothing's parameters.
    public var parameters: [ModelParameter] {
      cycles.map { ModelParameter("strength of season \($0.period)", $0.strength) } + trend.parameters
    }

    /// One-step errors of the smoothing: the seasons are those of the whole history.
    public var residuals: [Double] { trend.residuals }

    /// The smoothing's path with the last cycles repeated.
    public func components(horizon: Int) -> ForecastComponents {
      let rest = trend.components(horizon: horizon)
      var running = rest.level
      let path = rest.trend.map { step in
        running += step
        return running
      }
      let seasonal = (0..<horizon).map { j in cycles.reduce(0) { $0 + $1.values[j % $1.period] } }
      return ForecastComponents(level: rest.level, path: path, seasonal: seasonal)
    }

    /// Those of the smoothing.
    public func standardErrors(horizon: Int) -> [Double] { trend.standardErrors(horizon: horizon) }
  }
}
