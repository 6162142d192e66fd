import Analysis
import FoundationEssentials
import Glibc
import Inference
import Numerics
import Twins

/// The effects of one intervention on the metrics of a twin.
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
        // q is at least p: where p fails there is no verdict to doubt.
        if estimate.isSignificant, estimate.p <= MetricEffect.rate {
          effect.isElsewhere = try question.beginsElsewhere(than: start - first, estimate)
          // Wild values stay here: they are what the tail is told from.
          let p = HeavyTailedStep.p(Array(metric.values[first..<end]), start: start - first)
          effect.isLeap = p ?? 0 > Self.mostLeaps
        }
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

  /// See `Effectiveness.score`; what is doubted counts as not known to have changed.
  var score: Double? {
    Effectiveness(effects.compactMap { effect in effect.better.map { (effect.estimate, $0, effect.doubt != nil) } })
      .score
  }

  // MARK: - One metric around the start

  /// Samples before and after the start that are looked at, at least; what is farther away says more of trends, years and
  /// other changes than of this effect.
  private static let window = 100
  /// The same in seasons, where samples are close.
  private static let windowSeasons = 14
  /// Greatest p of `HeavyTailedStep` of a verdict. The level is mild, since a step is not what slow effects look like: of
  /// true verdicts it takes one in fifty, of false ones half (simulated twins, seeds 21 to 23).
  private static let mostLeaps = 0.01

  /// A metric and what else moved it.
  private struct Question {
    let values: [Double]
    let covariates: [[Double]]
    let others: [Int]
    let season: Int

    /// Samples between the other starts that are tried, and how far they reach on either side.
    private static let spacing = 3
    private static let reach = 48
    /// Share of the metrics that an intervention acts on, and of the samples with which something else begins, as far as
    /// anybody can say beforehand. Only their ratio matters.
    private static let acting = 0.1
    private static let beginning = 0.0005
    /// Greatest chance of another start with which the intervention is still named. Most are far below it: beside
    /// `HeavyTailedStep` 4 of 133 verdicts are false, and 4 more are of products with whose start a regime changed (twins
    /// of `twinmill bench chain`, seeds 31 and 42). At 0.035 a step of two standard deviations with a hundred days on
    /// either side may go unnamed.
    private static let mostDoubt = 0.2

    func estimate(from start: Int) throws(InferenceError) -> EffectEstimate {
      try EffectEstimator(season: season).estimate(values, covariates: covariates, start: start, others: others)
    }

    /// Whether the change may as well have begun at another time, with something that is not recorded: a cause cannot
    /// act before it begins, but a regime, a trend or a wave may begin on any day.
    ///
    /// The evidence (marginal likelihood) of a change from every third sample on around the start, weighed with how rare
    /// such beginnings are, against that of one from the start on.
    func beginsElsewhere(than start: Int, _ estimate: EffectEstimate) throws(InferenceError) -> Bool {
      var evidence = 0.0
      for distance in stride(from: Self.spacing, through: Self.reach, by: Self.spacing) {
        for moved in [start - distance, start + distance] where moved > 0 && moved < values.count {
          do {
            let other = try self.estimate(from: moved).logEvidence - estimate.logEvidence
            evidence += Double(Self.spacing) * exp(min(other, 50))
          } catch {
            // Too few observations there: nothing is known against it.
            if error == .cancelled { throw error }
          }
        }
      }
      let odds = Self.beginning / Self.acting * evidence
      return odds / (1 + odds) > Self.mostDoubt
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
