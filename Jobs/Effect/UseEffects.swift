import FoundationEssentials
import Inference
import Twins

/// What one intervention did to the metrics of a twin.
struct UseEffects: Sendable {
  let use: InterventionUse
  /// Instants between which the sampling step of the start lies: the longest one of the twin's panels.
  private(set) var step: Range<Date>
  private(set) var effects: [MetricEffect] = []
  /// Metrics of which nothing can be said, and why.
  private(set) var notEnough: [(metric: String, reason: String)] = []

  init(_ use: InterventionUse, start: Date) {
    self.use = use
    step = start..<start.addingTimeInterval(0.000_001)
  }

  /// Estimates the effect on the metrics of one panel.
  /// - Parameter number: position of the use among the panel's.
  /// - Throws: `InferenceError.cancelled` only; what else cannot be estimated is noted.
  mutating func estimate(
    on panel: Panel, number: Int, covariates: [MetricCovariates]
  ) throws(InferenceError) {
    let own = panel.uses[number]
    guard let start = own.first else { return }
    if panel.intervalSeconds > step.upperBound.timeIntervalSince(step.lowerBound), start >= 0, start < panel.count {
      step = panel.date(at: start)..<panel.date(at: start + 1)
    }
    let end = min(own.end ?? panel.count, panel.count)
    for (metric, covariates) in zip(panel.metrics, covariates) {
      guard start > 0, start < end else {
        notEnough.append(
          (metric.definition.name, start > 0 ? "no observation after the start" : "no observation before the start"))
        continue
      }
      let values = Array(metric.values[..<end])
      do {
        let estimate = try EffectEstimator(season: panel.season).estimate(
          values, covariates: covariates.beside(use.intervention.type).map { Array($0[..<end]) }, start: start,
          others: Self.others(of: number, on: panel, values: values, start: start))
        guard [estimate.effect, estimate.lower, estimate.upper, estimate.p].allSatisfy(\.isFinite) else {
          notEnough.append((metric.definition.name, "the values are too large to compute with"))
          continue
        }
        effects.append(MetricEffect(metric.definition, estimate: estimate, values: values, start: start))
      } catch {
        if error == .cancelled { throw error }
        notEnough.append((metric.definition.name, Self.reason(error, on: panel, number: number)))
      }
    }
  }

  /// Adjusted p values, in the order of `effects`.
  mutating func adjust(_ q: some Sequence<Double>) {
    for (index, value) in zip(effects.indices, q) { effects[index].q = value }
  }

  /// See `Effectiveness.score`.
  var score: Double? {
    Effectiveness(effects.compactMap { effect in effect.better.map { (effect.estimate, $0) } }).score
  }

  // MARK: - Other interventions

  /// Observations between two changes that tell them apart; `EffectEstimator` asks for as many.
  private static let separating = 3

  /// Where other interventions began or ended. Of several that nothing tells apart one stands for all, unless they are
  /// as close to this one: then the estimator must know, and refuses.
  private static func others(of number: Int, on panel: Panel, values: [Double], start: Int) -> [Int] {
    var observedBefore = [0]
    for value in values { observedBefore.append(observedBefore[observedBefore.count - 1] + (value.isNaN ? 0 : 1)) }
    func between(_ one: Int, _ other: Int) -> Int { abs(observedBefore[one] - observedBefore[other]) }
    var kept: [Int] = []
    for other in changes(besides: number, on: panel).map(\.sample) where other > 0 && other < values.count {
      if let last = kept.last, between(last, other) < separating, between(other, start) >= separating { continue }
      kept.append(other)
    }
    return kept
  }

  /// Samples at which other uses began or ended, ascending.
  private static func changes(besides number: Int, on panel: Panel) -> [(sample: Int, name: String)] {
    var changes: [(sample: Int, name: String)] = []
    for (index, other) in panel.uses.enumerated() where index != number {
      if let first = other.first { changes.append((first, "the start of \(other.use.factor)")) }
      if let end = other.end { changes.append((end, "the end of \(other.use.factor)")) }
    }
    return changes.sorted { $0.sample < $1.sample }
  }

  private static func reason(_ error: InferenceError, on panel: Panel, number: Int) -> String {
    guard case .inseparable(let start, let other) = error else { return error.description }
    let sample = start == panel.uses[number].first ? other : start
    let name = changes(besides: number, on: panel).first { $0.sample == sample }?.name ?? "another intervention"
    return "cannot be told apart from \(name): too few observations between them"
  }
}
