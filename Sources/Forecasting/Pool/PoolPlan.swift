/// Which adjustments and members a history is forecast with.
///
/// Members that were tried beside these (same series and figures as in `PoolWeights`: difference of the mean OWA in 1/1000,
/// standard deviation in brackets): naive +1.3 (1.1); linear trend +3.3 (1.0); damped trend +0.5 (0.7), where there is no
/// season and the history is long −0.9 (0.5), all of it from one group; complex smoothing +3.5 (1.1); smoothing, damped
/// trend or Theta on logarithms +2.3 to +4.6 (1.2 to 1.4); the smoothing models averaged by Akaike weights instead of the
/// best one +0.5 (0.4); autoregressions only from 25, 40 or 60 samples +0.3, +0.1, −0.1 (0.6); Theta with a prior of its line
/// weight at ½ 0.0 (0.3). With a season of their own: multiplicative smoothing −0.6 (0.3) at a quarter of the speed,
/// automatic complex smoothing −0.4 (0.4) at half of it, loess seasons 0.0 (0.5).
struct PoolPlan: Sendable {
  /// Period and kind of a seasonal adjustment; `nil` is the series as it stands.
  struct Adjustment: Sendable, Equatable {
    let period: Int
    let isMultiplicative: Bool
  }

  /// Adjustments that members refer to by index.
  private(set) var adjustments: [Adjustment?] = []
  /// The members, in a fixed order.
  private(set) var members: [PoolMember] = []
  /// The period by which the series repeats most plainly: the first of the asked ones that passes the test; 1 if none.
  let mainPeriod: Int

  /// Values from which an autoregression of logarithms takes part: on fewer, a few large relative changes become an
  /// exponential trend.
  static let logarithmicHistory = 60
  /// Values from which one Theta model is enough. The line of a long history is the same whether it follows the values
  /// or not, and a second model near the first only adds to the weight of both: without it the mean OWA of eleven groups
  /// of competition series is lower by 0.0023 (s.d. by paired bootstrap over series 0.0005; no group higher by more than
  /// 0.001; 30, 40 or 80 instead of 60: 0.0020, 0.0022, 0.0017). Below, the two lines differ and hedge each other: without
  /// the second, Tourism yearly loses 0.013 (s.d. 0.004).
  static let secondThetaHistory = 60
  /// Longest period for members with a season of their own.
  static let longestOwnSeason = 366

  /// - Parameter values: the history, scaled.
  /// - Parameter seasons: periods to consider in order; 1 stands for the series as it is.
  init(_ values: [Double], seasons: [Int]) {
    let isPositive = !values.contains { $0 <= 0 }
    var passing: [Int] = []
    for period in seasons where period > 1 && !passing.contains(period) {
      if SeasonalIndices.isSeasonal(values[...], period: period) { passing.append(period) }
    }
    mainPeriod = passing.first ?? 1
    if passing.isEmpty || seasons.contains(1) { adjustments.append(nil) }
    for period in passing { adjustments.append(Adjustment(period: period, isMultiplicative: isPositive)) }
    for index in adjustments.indices {
      let suffix = adjustments[index].map { ", season \($0.period)" } ?? ""
      func add(_ model: any ForecastModel, logarithms: Bool = false) {
        members.append(
          PoolMember(
            adjustment: index, isLogarithmic: logarithms, model: model,
            name: model.name + (logarithms ? ", logarithms" : "") + suffix))
      }
      add(ThetaModel.dynamicOptimised)
      if values.count < Self.secondThetaHistory { add(ThetaModel(isDynamic: false, isOptimised: true)) }
      add(AutomaticSmoothing())
      add(Autoregression())
      if isPositive, values.count >= Self.logarithmicHistory { add(Autoregression(), logarithms: true) }
    }
    var raw = adjustments.firstIndex(of: nil)
    if IntermittentDemand.isIntermittent(values) {
      if raw == nil {
        raw = adjustments.count
        adjustments.append(nil)
      }
      for variant in [IntermittentDemand.Variant.sba, .tsb] {
        let model = IntermittentDemand(variant)
        members.append(PoolMember(adjustment: raw ?? 0, isLogarithmic: false, model: model, name: model.name))
      }
    }
    for period in seasons where period > 1 && values.count >= 3 * period && period <= Self.longestOwnSeason {
      if raw == nil {
        raw = adjustments.count
        adjustments.append(nil)
      }
      func add(_ model: any ForecastModel, logarithms: Bool = false) {
        members.append(
          PoolMember(
            adjustment: raw ?? 0, isLogarithmic: logarithms, model: model,
            name: model.name + (logarithms ? ", logarithms" : "") + ", own season \(period)"))
      }
      add(ExponentialSmoothing(trend: .damped, season: .additive(period: period)))
      if isPositive {
        add(ExponentialSmoothing(trend: .damped, season: .additive(period: period)), logarithms: true)
        if values.count >= Self.logarithmicHistory { add(Autoregression(lag: period), logarithms: true) }
      }
      add(Autoregression(lag: period))
      add(SeasonalNaive(period: period))
    }
  }

  /// A plan with one method instead of a pool.
  init(_ values: [Double], seasons: [Int], method: ForecastMethod) {
    let isPositive = !values.contains { $0 <= 0 }
    let period = seasons.first { $0 > 1 && SeasonalIndices.isSeasonal(values[...], period: $0) } ?? 1
    let model: any ForecastModel
    var isAdjusted = period > 1
    switch method {
    case .pool, .dynamicTheta: model = ThetaModel.dynamicOptimised
    case .theta: model = ThetaModel.standard
    case .fourTheta: model = FourTheta()
    case .autoregression: model = Autoregression()
    case .arima:
      let own = seasons.first { $0 > 1 && $0 <= AutomaticARIMA.longestSeason } ?? 1
      // A longer cycle would take its hundreds of states: it is taken out before.
      isAdjusted = isAdjusted && own == 1
      model = AutomaticARIMA(period: own)
    case .multipleSeasons:
      isAdjusted = false
      model = MultipleSeasons(periods: seasons)
    case .exponentialSmoothing, .complexSmoothing, .seasonalNaive:
      isAdjusted = false
      let own = seasons.first { $0 > 1 && $0 <= Self.longestOwnSeason } ?? 1
      switch method {
      case .exponentialSmoothing: model = AutomaticSmoothing(period: own)
      case .complexSmoothing: model = AutomaticComplexSmoothing(period: own)
      default: model = SeasonalNaive(period: own)
      }
    }
    mainPeriod = period
    adjustments = [isAdjusted ? Adjustment(period: period, isMultiplicative: isPositive) : nil]
    members = [
      PoolMember(
        adjustment: 0, isLogarithmic: false, model: model,
        name: model.name + (isAdjusted ? ", season \(period)" : ""))
    ]
  }

  /// The history before `end` through every adjustment; `nil` where the season cannot be found there.
  func histories(_ values: [Double], end: Int) -> [AdjustedHistory?] {
    adjustments.indices.map { index in
      let needsLogarithms = members.contains { $0.adjustment == index && $0.isLogarithmic }
      guard let adjustment = adjustments[index] else {
        return AdjustedHistory(values[..<end], indices: nil, needsLogarithms: needsLogarithms)
      }
      guard
        let indices = SeasonalIndices(
          classical: values[..<end], period: adjustment.period, isMultiplicative: adjustment.isMultiplicative)
      else { return nil }
      return AdjustedHistory(values[..<end], indices: indices, needsLogarithms: needsLogarithms)
    }
  }
}
