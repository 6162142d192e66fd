/// The effects of an intervention on several metrics together.
public struct Effectiveness: Sendable, Equatable {
  /// Which way of a metric is good.
  public enum Direction: String, Sendable {
    case higher
    case lower
  }

  /// Metrics whose interval lies on the good side of 0, ascending.
  public let improved: [Int]
  /// Metrics whose interval lies on the bad side: side effects.
  public let worsened: [Int]
  /// 0…1: ½ + ½ · mean over the metrics of (1 − p) · s, where s is the standardised effect in the good direction,
  /// cut at ±1.
  ///
  /// ½: nothing is known to have changed. 1: every metric surely got better by at least one standard deviation of its
  /// errors. 0: every metric surely got that much worse. nil without metrics.
  public let score: Double?

  /// - Parameter effects: one estimate for each metric that has a good direction, that direction, and whether it is
  ///   doubted: then it counts among the metrics and for nothing.
  public init(_ effects: [(estimate: EffectEstimate, better: Direction, isDoubted: Bool)]) {
    var improved: [Int] = []
    var worsened: [Int] = []
    var sum = 0.0
    for (index, effect) in effects.enumerated() where !effect.isDoubted {
      let sign = effect.better == .higher ? 1.0 : -1.0
      if effect.estimate.isSignificant {
        if effect.estimate.effect * sign > 0 { improved.append(index) } else { worsened.append(index) }
      }
      sum += (1 - effect.estimate.p) * min(max(sign * effect.estimate.standardised, -1), 1)
    }
    self.improved = improved
    self.worsened = worsened
    score = effects.isEmpty ? nil : 0.5 + 0.5 * sum / Double(effects.count)
  }
}
