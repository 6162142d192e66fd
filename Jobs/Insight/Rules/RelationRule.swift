import Analysis
import FoundationEssentials
import Twins

/// Opportunities: factors that a metric follows, as the kind `correlation` found them.
///
/// Products, repairs and routines are left to `EffectRule`, which knows their beginnings. Stated is what meets the
/// domain's bar: q, observations, and the size of the partial correlation. Severity: low;
/// medium where the correlation is at least twice the bar. Confidence: 1 − q. Only factors that somebody can change
/// carry actions.
struct RelationRule: InsightRule {
  static let name = "relation"

  func findings(in evidence: TwinEvidence) throws -> [Finding] {
    let bar = evidence.domain.evidence
    return evidence.relations.compactMap { relation in
      guard relation.meets(bar), evidence.domain.factor(relation.factor) != nil,
        let metric = evidence.domain.metric(relation.metric)
      else { return nil }
      let source = EvidenceSource(.correlation, job: relation.job, metric: metric)
      let factor = Word(relation.factorLabel)
      let label = Word(metric.label)
      let verb = Word(relation.r > 0 ? "rises" : "falls")
      let delay = DateText.delay(relation.lagSeconds)
      let later: Sentence =
        relation.lagSeconds > 0
        ? ", \(source.count("lag", delay.count, of: delay.unit)) \(Word(delay.unit)) later" : " at the same time"
      let stretch: Sentence =
        if let from = relation.from, let until = relation.until {
          " from \(source.date("from", from, step: 86_400)) to \(source.date("until", until, step: 86_400))"
        } else { "" }
      return Finding(
        type: .opportunity,
        subject: EpisodeSubject(
          Self.name, metric: metric.name, factor: relation.factor, aspect: relation.r > 0 ? "up" : "down"),
        onset: relation.from ?? evidence.now, tolerance: .infinity,
        severity: abs(relation.r) >= 2 * bar.correlation ? .medium : .low, confidence: 1 - relation.q,
        size: abs(relation.r),
        story: Story(
          title: "\(label.capitalised) \(verb) with \(factor)\(later)",
          description: [
            """
            Over \(source.count("n", relation.n)) observations\(stretch) the correlation is \
            \(source.pure("r", relation.r)), with trend, week and the other factors taken into account.
            """,
            """
            Of findings like this at most \(source.percent("q_percent", relation.q)) % are expected to be false, \
            counting all \(source.count("pairs_tried", relation.pairsTried)) pairs tried. It is an observed relation, \
            no proof of a cause.
            """,
          ],
          source: source, unprinted: [source.pure("p", relation.p), source.pure("q", relation.q)]),
        actions: actions(relation, metric, evidence))
    }
  }

  private func actions(_ relation: Relation, _ metric: Metric, _ evidence: TwinEvidence) -> [String] {
    evidence.domain.advice(on: relation, metric: metric).map { [$0] } ?? []
  }
}
