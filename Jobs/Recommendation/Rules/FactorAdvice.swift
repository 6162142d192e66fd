import Analysis
import FoundationEssentials
import Glibc
import Numerics
import Twins

/// Advice to have more or less of a factor: one that somebody can change, that a metric follows, and for which the
/// domain names an action.
///
/// Only correlations that meet the domain's bar count. Expected impact: r · s for a day on which the factor is one
/// standard deviation off its usual course, where s is the standard deviation of what is new in the metric each step
/// (innovations of a first-order autoregression). Its interval is Fisher's for r, atanh r ± 1.96 e, with the error
/// e = |atanh r'| / z(p) that the correlation's own p value tells for the r' it was tested with, so that autocorrelation
/// and the choice of the lag are paid for.
///
/// Priority 3 from twice the bar on, else 4. Strength: the bound of the interval of r that lies nearer to 0.
struct FactorAdvice: AdviceRule {
  static let name = "factor"

  func advice(on evidence: TwinEvidence, insights: [OpenInsight]) -> [Advice] {
    var best: [EpisodeSubject: Advice] = [:]
    for relation in evidence.relations where relation.meets(evidence.domain.evidence) {
      guard let metric = evidence.metric(relation.metric),
        let action = evidence.domain.advice(on: relation, metric: metric.metric),
        let advice = advice(relation, action, metric, evidence)
      else { continue }
      // One factor for several metrics is one thing to do; what it is surest of is said.
      if let other = best[advice.subject], other.strength >= advice.strength { continue }
      best[advice.subject] = advice
    }
    return best.sorted { $0.key.text < $1.key.text }.map(\.value)
  }

  private func advice(
    _ relation: Relation, _ action: String, _ metric: MetricEvidence, _ evidence: TwinEvidence
  ) -> Advice? {
    guard let spread = metric.innovationDeviation, spread > 0, abs(relation.r) < 1, abs(relation.rankR) < 1 else {
      return nil
    }
    let error = abs(atanh(relation.rankR)) / NormalDistribution.deviations(twoSided: relation.p)
    let centre = atanh(abs(relation.r))
    let low = tanh(centre - NormalDistribution.twoSided95 * error)
    let high = tanh(centre + NormalDistribution.twoSided95 * error)
    guard low > 0 else { return nil }

    let definition = metric.metric
    let source = EvidenceSource(.correlation, job: relation.job, metric: definition)
    let own = EvidenceSource(.observation, job: evidence.job, metric: definition)
    let delay = DateText.delay(relation.lagSeconds)
    let later: Sentence =
      relation.lagSeconds > 0 ? ", \(source.count("lag", delay.count, of: delay.unit)) \(Word(delay.unit)) later" : ""
    let factor = Word(relation.factorLabel)
    let label = Word(definition.label)
    let better = Word(definition.direction == .higher ? "higher" : "lower")
    return Advice(
      subject: EpisodeSubject(
        Self.name, factor: relation.factor,
        aspect: action == evidence.domain.factor(relation.factor)?.more ? "more" : "less"),
      basis: "", type: relation.factorType,
      priority: abs(relation.r) >= 2 * evidence.domain.evidence.correlation ? 3 : 4, strength: low,
      story: Story(
        title: "\(Word(action).capitalised): \(label) follows \(factor)",
        description: [
          """
          On days on which \(factor) is one standard deviation off its usual course to this side, \(label) is expected \
          to be \(own.value("impact", abs(relation.r) * spread))\(Word(definition.unit).afterBlank) \(better)\(later) \
          (\(own.level()) % interval \(own.value("impact_lo95", low * spread)) to \
          \(own.value("impact_hi95", high * spread))).
          """,
          """
          It rests on \(source.count("n", relation.n)) observations with a correlation of \
          \(source.pure("r", relation.r)). Of findings like this at most \(source.percent("q_percent", relation.q)) % \
          are expected to be false. It is an observed relation, no proof of a cause.
          """,
        ],
        source: source,
        unprinted: [source.pure("p", relation.p), source.pure("q", relation.q), own.value("innovations", spread)]),
      products: [], actions: [action],
      impact: ExpectedImpact(
        definition, mean: signed(abs(relation.r) * spread, definition),
        lower: min(signed(low * spread, definition), signed(high * spread, definition)),
        upper: max(signed(low * spread, definition), signed(high * spread, definition)),
        horizonDays: max(1, relation.lagSeconds / 86_400)))
  }

  /// To the better.
  private func signed(_ size: Double, _ metric: Metric) -> Double { metric.direction == .lower ? -size : size }
}

extension MetricEvidence {
  /// Standard deviation of the innovations of a first-order autoregression over the newest samples; nil when there are
  /// fewer than ten pairs of neighbours.
  var innovationDeviation: Double? {
    let newest = present(max(0, count - Self.changeSpan)..<count)
    guard !newest.isEmpty else { return nil }
    let mean = newest.reduce(0) { $0 + $1.value } / Double(newest.count)
    var products = 0.0
    var squares = 0.0
    var pairs: [(Double, Double)] = []
    for (one, next) in zip(newest, newest.dropFirst()) where next.index == one.index + 1 {
      pairs.append((one.value - mean, next.value - mean))
      products += (one.value - mean) * (next.value - mean)
      squares += (one.value - mean) * (one.value - mean)
    }
    guard pairs.count >= 10, squares > 0 else { return nil }
    let autoregression = min(1, max(-1, products / squares))
    let rest = pairs.reduce(0) { sum, pair in
      let innovation = pair.1 - autoregression * pair.0
      return sum + innovation * innovation
    }
    return (rest / Double(pairs.count - 1)).squareRoot()
  }
}
