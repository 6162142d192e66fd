import Analysis
import FoundationEssentials
import Twins

/// The domain's own rules: what to do when an insight of a type is open about a metric.
///
/// Priority: the rule's, else 1, 2, 3 for an insight of high, medium, low severity. Strength: 1, 2, 4 for an insight of
/// low, medium, high severity, so that a more serious one is clearly stronger. Of several insights that meet a rule the
/// most serious, then the surest one is told.
struct DomainAdvice: AdviceRule {
  static let name = "rule"

  func advice(on evidence: TwinEvidence, insights: [OpenInsight]) -> [Advice] {
    evidence.domain.rules.compactMap { rule in
      let sighted = insights.filter { rule.isMet(by: $0) }.max {
        ($0.episode.severity.rank, $0.confidence, $1.episode.key) < (
          $1.episode.severity.rank, $1.confidence, $0.episode.key
        )
      }
      guard let sighted, let metric = evidence.domain.metric(rule.metric) else { return nil }
      let severity = sighted.episode.severity
      let source = EvidenceSource(.observation, job: evidence.job, metric: metric)
      let label = Word(metric.label)
      let seen: Sentence =
        Quote(sighted.title, evidence: sighted.evidence).map { "What was seen: \($0)." }
        ?? "It was seen in \(label)."
      return Advice(
        subject: EpisodeSubject(
          Self.name, metric: rule.metric, factor: rule.title, aspect: "\(rule.when.rawValue)"),
        basis: sighted.episode.key, type: rule.type, priority: rule.priority ?? 3 - severity.rank,
        strength: [1.0, 2, 4][severity.rank],
        story: Story(title: "\(Word(rule.title))", description: [seen], source: source, unprinted: sighted.evidence),
        products: [], actions: rule.actions, impact: nil)
    }
  }
}

extension Twins.RecommendationRule {
  /// Whether an insight is what the rule waits for.
  func isMet(by insight: OpenInsight) -> Bool {
    guard insight.episode.subject.metric == metric, insight.episode.severity >= severity,
      direction == nil || direction == insight.direction
    else { return false }
    switch when {
    case .any: return [.trend, .risk, .anomaly, .change, .dataQuality].contains(insight.episode.type)
    case .trend: return insight.episode.type == .trend
    case .risk: return insight.episode.type == .risk
    case .anomaly: return insight.episode.type == .anomaly
    case .change: return insight.episode.type == .change
    case .dataQuality: return insight.episode.type == .dataQuality
    }
  }
}
