/// ARIMA whose order is found stepwise (Hyndman and Khandakar 2008, Journal of Statistical Software 27(3)).
///
/// Seasonal differences where the season is strong (`SeasonalTrend.strength`, 0.64), differences while the level
/// wanders (`StationarityTest`); then from four simple models towards the neighbour with the lower AICc until none is
/// lower, up to p, q = 5 and P, Q = 2. Models with a root within 1.01 of the unit circle do not count. Every
/// likelihood is exact; the newest 1,000 samples (ten cycles, if those are more) choose.
public struct AutomaticARIMA: ForecastModel {
  /// Steps in a cycle; 1 is no season.
  public var period: Int

  /// Most models that are tried.
  static let mostModels = 94
  /// Multiplications that the search may take, by estimate: some seconds. Models beyond it are not tried, so that long
  /// cycles with gaps, whose filter costs the square of the cycle, end as well.
  var budget = 3e9
  /// Samples that choose the order.
  static let choosingHistory = 1_000
  /// Longest cycle that a state is carried for.
  static let longestSeason = 60
  /// Roots nearer than this make forecasts that hardly forget.
  static let leastRoot = 1.01

  /// Automatic ARIMA; periods below 1 count as 1.
  public init(period: Int = 1) {
    self.period = max(1, period)
  }

  /// `arima`.
  public var name: String { "arima" }

  /// Needs three present values; a previous fit's order stands.
  public func fit(_ values: [Double], from previous: ARIMA.Fitted?) throws(ForecastingError) -> ARIMA.Fitted {
    let present = try checkValues(values, needed: 3)
    if let previous {
      // A shorter history may have too few differences for it.
      do throws(ForecastingError) { return try previous.model.fit(values, from: previous) } catch {}
    }
    let recent = Array(values.suffix(max(Self.choosingHistory, 10 * period)))
    guard let chosen = choose(recent) else {
      // Nothing but the level can be estimated.
      let plain = ARIMA(ARIMA.Order(0, 0, 0), hasConstant: true)
      guard present >= 3 else { throw .tooFewValues(needed: 3, present: present) }
      return try plain.fit(values, from: nil)
    }
    if recent.count == values.count { return chosen }
    return try chosen.model.fit(values, from: chosen)
  }

  /// Keeps order and parameters.
  public func update(_ fitted: ARIMA.Fitted, with values: [Double]) throws(ForecastingError) -> ARIMA.Fitted {
    try fitted.model.update(fitted, with: values)
  }

  /// d and D by their tests.
  func differences(_ values: [Double]) -> (plain: Int, seasonal: Int) {
    var rest = values
    var seasonal = 0
    if period > 1, let decomposition = SeasonalTrend(period: period).decompose(values),
      SeasonalTrend.strength(decomposition) > 0.64
    {
      seasonal = 1
      rest = Differences.over(period, rest)
    }
    var plain = 0
    while plain < 2, StationarityTest.rejects(rest) {
      plain += 1
      rest = Differences.over(1, rest)
    }
    return (plain, seasonal)
  }

  private func choose(_ values: [Double]) -> ARIMA.Fitted? {
    let (d, seasonalD) = differences(values)
    var tried: Set<ARIMA.Candidate> = []
    var best: ARIMA.Fitted?
    var spent = 0.0
    let hasGaps = values.contains { $0.isNaN }
    func consider(_ p: Int, _ q: Int, _ seasonalP: Int, _ seasonalQ: Int, constant: Bool) -> Bool {
      guard (0...5).contains(p), (0...5).contains(q), (0...2).contains(seasonalP), (0...2).contains(seasonalQ),
        period > 1 || seasonalP + seasonalQ == 0, !constant || d + seasonalD < 2, tried.count < Self.mostModels
      else { return false }
      let model = ARIMA(
        ARIMA.Order(p, d, q, seasonal: (seasonalP, seasonalD, seasonalQ), period: period), hasConstant: constant)
      guard tried.insert(ARIMA.Candidate(order: model.order, hasConstant: constant)).inserted, !Task.isCancelled else {
        return false
      }
      let cost = model.searchCost(count: values.count, hasGaps: hasGaps)
      guard spent + cost <= budget else { return false }
      spent += cost
      let fit: ARIMA.Fitted
      do throws(ForecastingError) { fit = try model.fit(values, from: nil) } catch { return false }
      guard fit.correctedCriterion < .infinity, fit.rootsLie(beyond: Self.leastRoot) else { return false }
      guard best.map({ fit.correctedCriterion < $0.correctedCriterion }) ?? true else { return false }
      best = fit
      return true
    }
    let canDrift = d + seasonalD < 2
    let s = period > 1 ? 1 : 0
    _ = consider(2, 2, s, s, constant: canDrift)
    _ = consider(0, 0, 0, 0, constant: canDrift)
    _ = consider(1, 0, s, 0, constant: canDrift)
    _ = consider(0, 1, 0, s, constant: canDrift)
    if canDrift { _ = consider(0, 0, 0, 0, constant: false) }
    var isMoving = best != nil
    while isMoving, let o = best?.model.order, let c = best?.model.hasConstant {
      let (p, q, sp, sq) = (o.autoregression, o.movingAverage, o.seasonalAutoregression, o.seasonalMovingAverage)
      let steps = [
        (0, 0, -1, 0), (0, 0, 0, -1), (0, 0, 1, 0), (0, 0, 0, 1), (0, 0, -1, -1), (0, 0, -1, 1), (0, 0, 1, -1),
        (0, 0, 1, 1), (-1, 0, 0, 0), (0, -1, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0), (-1, -1, 0, 0), (-1, 1, 0, 0),
        (1, -1, 0, 0), (1, 1, 0, 0),
      ]
      isMoving =
        steps.contains { consider(p + $0.0, q + $0.1, sp + $0.2, sq + $0.3, constant: c) }
        || consider(p, q, sp, sq, constant: !c)
    }
    return best
  }
}

extension ARIMA {
  /// An order that is tried once.
  struct Candidate: Hashable {
    let order: Order
    let hasConstant: Bool
  }
}
