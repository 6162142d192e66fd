import Analysis
import Inference
import Twins

/// The effect of one intervention on one metric.
struct MetricEffect: Sendable {
  let metric: Metric
  let estimate: EffectEstimate
  /// Mean of the metric before the start; from there a best value in the middle is approached or left.
  let before: Double
  /// Standard deviation of the metric before the start.
  let spreadBefore: Double
  /// Which way is good; nil when nothing is known.
  let better: Effectiveness.Direction?
  /// p, adjusted for all estimates of the twin (Benjamini and Hochberg 1995).
  var q = 1.0

  /// The change may as well have begun before or after the start, with something else.
  var isElsewhere = false
  /// Noise of heavy tails, one leap of which fades slowly, explains the values as well (`HeavyTailedStep`).
  var isLeap = false

  /// Largest expected share of false ones among the judgements that something changed.
  static let rate = 0.005

  /// - Parameter values: the metric up to the end of the intervention, NaN = missing.
  init(_ metric: Metric, estimate: EffectEstimate, values: [Double], start: Int) {
    self.metric = metric
    self.estimate = estimate
    let observed = values[..<start].filter { !$0.isNaN }
    let count = Double(max(observed.count, 1))
    // In parts, lest the sum of the largest finite numbers become infinite.
    let mean = observed.reduce(0) { $0 + $1 / count }
    before = mean
    spreadBefore = (observed.reduce(0) { $0 + ($1 - mean) * ($1 - mean) / count }).squareRoot()
    switch metric.direction {
    case .higher: better = .higher
    case .lower: better = .lower
    case .middle(let best):
      let isNearer = abs(mean + estimate.effect - best) < abs(mean - best)
      better = (estimate.effect > 0) == isNearer ? .higher : .lower
    case nil: better = nil
    }
  }

  /// The conclusion.
  var verdict: EffectVerdict {
    guard q <= Self.rate, estimate.isSignificant, !isElsewhere, !isLeap else { return .noEvidence }
    guard let better else { return .changed }
    return (estimate.effect > 0) == (better == .higher) ? .better : .worse
  }

  /// Why nothing is concluded from an interval without 0, in words; nil where there is such a conclusion, or no such
  /// interval.
  var doubt: String? {
    guard estimate.isSignificant else { return nil }
    if isElsewhere { return "the change began at another time than this product" }
    if isLeap { return "single wild values make the difference" }
    return q > Self.rate ? "not sure enough among all metrics tried" : nil
  }

  /// As it is written.
  var document: MetricEffectDocument {
    MetricEffectDocument(
      metric: metric.name, label: metric.label, unit: metric.unit, effect: estimate.effect, lower: estimate.lower,
      upper: estimate.upper, p: estimate.p, q: q, before: estimate.before, after: estimate.after, verdict: verdict,
      relative: estimate.effect / spreadBefore, doubt: doubt)
  }
}
