/// Forecasts of every member from several origins inside the history, and from its end.
struct RollingOrigins: Sendable {
  /// Numbers of samples before each origin, ascending.
  private(set) var origins: [Int] = []
  /// By origin, then member: the forecasts of the steps inside the history; `nil` where the member could not run.
  private(set) var forecasts: [[[Double]?]] = []
  /// By member: the forecast from the end of the history.
  private(set) var final: [ForecastComponents?] = []
  /// By member: its fit to the whole history.
  private(set) var fits: [(any FittedModel)?] = []

  /// Samples from which smoothing parameters are searched at the first origin and at the end only: on a longer history
  /// they hardly move from one origin to the next.
  static let keptHistory = 60

  /// Most origins used.
  static let maximumOrigins = 6

  /// Origins for a history: the last a third of the horizon before its end, each a third of the horizon before the next.
  ///
  /// From the last two the history ends before the horizon does; of the steps beyond they say nothing, but they tell who
  /// forecasts the newest samples well. With the last one at n − h no member is held against what a fit of the last h
  /// samples brings: the mean OWA of eleven groups of competition series (see `PoolWeights`) is higher by 2.9 (1.5), of M3
  /// monthly by 7.6 (2.0), and their MSIS by 0.19. Eight origins instead of six: −0.1 (0.5).
  static func origins(count n: Int, horizon: Int, period: Int) -> [Int] {
    let horizon = min(horizon, max(1, n / 3))
    let step = max(1, horizon / 3)
    let minimum = max(4, min(2 * period + 1, n - horizon))
    var origins: [Int] = []
    var origin = n - step
    while origins.count < maximumOrigins, origin >= minimum {
      origins.append(origin)
      origin -= step
    }
    return origins.reversed()
  }

  /// - Parameter isRolling: whether to roll at all, or only to forecast from the end.
  init(_ values: [Double], plan: PoolPlan, horizon: Int, isRolling: Bool = true) throws(ForecastingError) {
    origins = isRolling ? Self.origins(count: values.count, horizon: horizon, period: plan.mainPeriod) : []
    var previous = [(any FittedModel)?](repeating: nil, count: plan.members.count)
    for end in origins + [values.count] {
      let isFinal = end == values.count
      let histories = plan.histories(values, end: end)
      let steps = isFinal ? horizon : min(horizon, values.count - end)
      let isKept = !isFinal && end >= Self.keptHistory
      var row: [[Double]?] = []
      for (index, member) in plan.members.enumerated() {
        if Task.isCancelled { throw .cancelled }
        let result = histories[member.adjustment].flatMap {
          member.run($0, horizon: steps, previous: previous[index], isKept: isKept)
        }
        previous[index] = result?.fit
        if isFinal {
          final.append(result?.components)
          fits.append(result?.fit)
        } else {
          row.append(result?.components.mean)
        }
      }
      if !isFinal { forecasts.append(row) }
    }
  }
}
