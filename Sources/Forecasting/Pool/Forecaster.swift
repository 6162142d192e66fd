/// Forecasts any series with a pool of models: the one entry of this module.
///
/// Members (Theta models, exponential smoothing, autoregressions, with and without logarithms, behind seasonal
/// adjustments or with a season of their own) forecast from up to six origins inside the history; each weighs
/// 1 / error⁴ in the result, which beats picking the best one. Intervals come from the members' standard errors, their
/// disagreement, and the pool's own rolling errors; where no value was negative, no lower bound is.
/// Deterministic: the same input gives the same bits.
public struct Forecaster: Sendable {
  /// Longest horizon accepted.
  public static let maximumHorizon = 100_000
  /// Samples used at most for fitting, the newest ones; more if three cycles of the longest season need it (up to
  /// four times as many). Bounds the time for a long history.
  public static let maximumHistory = 5_000

  /// Periods to consider, in steps, such as `[24, 168]` for hourly data; those that a test finds in the series are
  /// used. 1 stands for the series without adjustment, which then takes part beside the seasonal ones. Empty: none.
  public var season: [Int]
  /// The range that the metric can take, such as 0…100 for a score; forecasts and bounds stay inside. `nil`: any.
  public var bounds: ClosedRange<Double>?

  /// The pool, or one method alone (for comparisons, or where speed is all).
  public var method: ForecastMethod

  /// A forecaster.
  public init(season: [Int] = [], bounds: ClosedRange<Double>? = nil, method: ForecastMethod = .pool) {
    self.season = season
    self.bounds = bounds
    self.method = method
  }

  /// Forecasts steps 1…horizon after the last sample.
  ///
  /// - Parameter values: samples at equal steps, oldest first, NaN = missing; any finite magnitude.
  /// - Parameter horizon: 1…`maximumHorizon`.
  /// - Parameter levels: coverages of the intervals, each strictly between 0 and 1.
  /// - Returns: finite numbers only. With one value there is nothing to derive intervals from, and `bands` is empty.
  /// - Throws: `ForecastingError`; `.cancelled` when the task is cancelled between two members.
  public func forecast(
    _ values: [Double], horizon: Int, levels: [Double] = [0.8, 0.95]
  ) throws(ForecastingError) -> Forecast {
    guard (1...Self.maximumHorizon).contains(horizon) else { throw .invalidHorizon(horizon) }
    for level in levels where !(level > 0 && level < 1) { throw .invalidLevel(level) }
    for period in season where period < 1 { throw .invalidSeason(period) }
    let history = try ScaledHistory(values, limit: historyLimit)
    let levels = levels.sorted()
    var forecast =
      history.present < 3 || history.isConstant
      ? history.naiveForecast(horizon: horizon, levels: levels)
      : try pooled(history, horizon: horizon, levels: levels)
    let kind = ValueKind(values)
    kind.bound(&forecast)
    if let bounds { forecast.clamp(to: bounds) }
    return forecast
  }

  private var historyLimit: Int {
    let longest = season.max() ?? 1
    return max(Self.maximumHistory, min(longest > Self.maximumHistory ? 0 : 3 * longest + 1, 4 * Self.maximumHistory))
  }

  private func pooled(
    _ history: ScaledHistory, horizon: Int, levels: [Double]
  ) throws(ForecastingError) -> Forecast {
    let isPool = method == .pool
    let plan =
      isPool
      ? PoolPlan(history.values, seasons: season)
      : PoolPlan(history.values, seasons: season, method: method)
    let rolling = try RollingOrigins(history.values, plan: plan, horizon: horizon, isRolling: isPool)
    let weights = PoolWeights(rolling, values: history.values)
    // No member can run on what is left of a history full of gaps: the last value, and its changes, are what is known.
    if weights.shares.allSatisfy({ $0 == 0 }) { return history.naiveForecast(horizon: horizon, levels: levels) }
    let components = weights.combine(rolling.final, horizon: horizon, history: history.values)
    let spread = PoolSpread(
      rolling, plan: plan, mean: components.mean, weights: weights.shares, values: history.values)
    let bands = levels.map { spread.band(level: $0, mean: components.mean) }
    var members: [ForecastMember] = []
    for (index, member) in plan.members.enumerated() where weights.shares[index] > 0 {
      members.append(
        ForecastMember(
          name: member.name, weight: weights.shares[index], error: weights.relativeErrors[index],
          parameters: (rolling.fits[index]?.parameters ?? []).filter { !($0.hasUnits && member.isLogarithmic) }))
    }
    // Stable: equal weights stay in the order of the plan.
    let order = members.indices.sorted { (members[$0].weight, $1) > (members[$1].weight, $0) }
    let sumFactor = PoolSums.factor(rolling, weights: weights.shares, values: history.values, errors: spread.errors)
    return history.unscaled(
      Forecast(
        components: components, bands: bands, model: method.rawValue, members: order.map { members[$0] },
        sumFactor: sumFactor))
  }
}

extension Forecast {
  /// Moves forecasts and bounds into a range; `components` except its mean go on to say what the models say.
  mutating func clamp(to range: ClosedRange<Double>) {
    func inside(_ x: [Double]) -> [Double] { x.map { min(max($0, range.lowerBound), range.upperBound) } }
    components.mean = inside(components.mean)
    for i in bands.indices {
      bands[i].lower = inside(bands[i].lower)
      bands[i].upper = inside(bands[i].upper)
    }
  }
}
