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
    let reach = max(Self.window, Self.windowSeasons * panel.season)
    let end = min(own.end ?? panel.count, panel.count, start > panel.count - reach ? panel.count : start + reach)
    let first = max(0, max(0, start) - reach)
    for (metric, covariates) in zip(panel.metrics, covariates) {
      guard start > 0, start < end else {
        notEnough.append(
          (metric.definition.name, start > 0 ? "no observation after the start" : "no observation before the start"))
        continue
      }
      let values = HampelFilter().applied(to: Array(metric.values[first..<end]))
      do {
        let question = Question(
          values: values, covariates: covariates.beside(use.intervention.type).map { Array($0[first..<end]) },
          others: Self.others(of: number, on: panel, values: Array(metric.values[..<end]), start: start)
            .filter { $0 > first }.map { $0 - first }, season: panel.season)
        let estimate = try question.estimate(from: start - first)
        guard [estimate.effect, estimate.lower, estimate.upper, estimate.p].allSatisfy(\.isFinite) else {
          notEnough.append((metric.definition.name, "the values are too large to compute with"))
          continue
        }
        var effect = MetricEffect(metric.definition, estimate: estimate, values: values, start: start - first)
        effect.isElsewhere = try question.beginsElsewhere(than: start - first, estimate)
        effects.append(effect)
      } catch {
        if error == .cancelled { throw error }
        notEnough.append((metric.definition.name, Self.reason(error, on: panel, number: number, first: first)))
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

  // MARK: - One metric around the start

  /// Samples before and after the start that are looked at, at least; what is farther away says more of trends, years and
  /// other changes than of this effect.
  private static let window = 100
  /// The same in seasons, where samples are close.
  private static let windowSeasons = 14

  /// A metric and what else moved it.
  private struct Question {
    let values: [Double]
    let covariates: [[Double]]
    let others: [Int]
    let season: Int

    /// Samples by which the start is moved to see whether the change began elsewhere, and how many times surer it must
    /// then be: a cause cannot act before it begins, but what it does may come slowly.
    private static let moves: [(samples: Int, factor: Double)] = [(-14, 1.2), (-7, 1.2), (10, 1.2), (20, 1.2)]

    func estimate(from start: Int) throws(InferenceError) -> EffectEstimate {
      try EffectEstimator(season: season).estimate(values, covariates: covariates, start: start, others: others)
    }

    /// The effect in widths of its interval; p of what is sure is 0 everywhere.
    private static func surety(_ estimate: EffectEstimate) -> Double {
      let width = estimate.upper - estimate.lower
      return width > 0 ? abs(estimate.effect) / width : .infinity
    }

    /// Whether the same change, begun some samples earlier or later, is surer. Asked only where a change is likely.
    func beginsElsewhere(than start: Int, _ estimate: EffectEstimate) throws(InferenceError) -> Bool {
      guard estimate.isSignificant else { return false }
      for move in Self.moves where values.indices.contains(start + move.samples) && start + move.samples > 0 {
        do {
          if Self.surety(try self.estimate(from: start + move.samples)) > move.factor * Self.surety(estimate) {
            return true
          }
        } catch {
          // Too few observations there: nothing is known against it.
          if error == .cancelled { throw error }
        }
      }
      return false
    }
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

  /// - Parameter first: sample of the panel that the estimate began with.
  private static func reason(_ error: InferenceError, on panel: Panel, number: Int, first: Int) -> String {
    guard case .inseparable(let start, let other) = error else { return error.description }
    let sample = first + (first + start == panel.uses[number].first ? other : start)
    let name = changes(besides: number, on: panel).first { $0.sample == sample }?.name ?? "another intervention"
    return "cannot be told apart from \(name): too few observations between them"
  }
}
