/// Which adjustments and members a history is forecast with.
///
/// Members that were tried beside these, on the series of `PoolWeights` (difference of the mean OWA in 1/1000, standard
/// deviation in brackets): naive below 60 samples +0.9 (0.5), of which M3 yearly −3.6 and Tourism yearly +10.2. With the
/// weights of an earlier state, mean OWA 0.7605: linear trend +3.3 (1.0); complex smoothing +3.5 (1.1); smoothing, damped
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
  /// or not, and more models near the first only add to the weight of all: three whatever the length make the mean OWA of
  /// eleven groups of competition series higher by 2.4 (s.d. by paired bootstrap over series 0.6, in 1/1000). Below, the
  /// lines differ and hedge each other, and half the line is a safer guess than a share fitted to few values: without the
  /// optimised static one Tourism yearly is higher by 9.8 (2.9), without the standard one M3 yearly by 5.8 (2.9).
  static let secondThetaHistory = 60
  /// Values from which a damped trend takes part where there is no season, whether automatic smoothing chooses it or not:
  /// its criterion is of one-step errors and says little about a slope that goes on for a whole horizon. Without it M3
  /// other is higher by 11.1 (s.d. 5.2) and M4 weekly lower by 1.2 (0.5), in 1/1000; on fewer values as well, M3 yearly would
  /// be higher by 9.5 (2.7).
  static let dampedHistory = 60
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
      if values.count < Self.secondThetaHistory {
        add(ThetaModel(isDynamic: false, isOptimised: true))
        add(ThetaModel.standard)
      }
      add(AutomaticSmoothing())
      if passing.isEmpty, values.count >= Self.dampedHistory { add(ExponentialSmoothing(trend: .damped)) }
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
    for period in passing where values.count < 3 * period {
      if raw == nil {
        raw = adjustments.count
        adjustments.append(nil)
      }
      let model = SeasonalNaive(period: period)
      members.append(
        PoolMember(
          adjustment: raw ?? 0, isLogarithmic: false, model: model, name: model.name + ", own season \(period)"))
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
