import Analysis
import FoundationEssentials
import Twins

/// Effects of products, repairs and routines, as the kind `effect` estimated them: opportunities for effects to the
/// better, risks for effects to the worse.
///
/// Stated is what meets the domain's bar: q, observations on both sides together, the size in standard deviations, and
/// an interval without 0; and whose metric did not change a little before the start or some while after it, because
/// then something else may have begun. Severity of an effect to the worse: medium, high from one standard deviation on; to the
/// better low, medium from one standard deviation on. Confidence: 1 − q.
struct EffectRule: InsightRule {
  static let name = "effect"

  /// Size in standard deviations from which an effect is one level more serious.
  static let largeEffect = 1.0

  func findings(in evidence: TwinEvidence) throws -> [Finding] {
    evidence.effects.flatMap { intervention in
      intervention.effects.compactMap { effect -> Finding? in
        guard effect.meets(evidence.domain.evidence), let metric = evidence.domain.metric(effect.metric),
          effect.verdict == .better || effect.verdict == .worse,
          !evidence.isAmbiguous(intervention, metric: effect.metric)
        else { return nil }
        return finding(intervention, effect, metric, evidence)
      }
    }
  }

  private func finding(
    _ intervention: InterventionEffect, _ effect: MetricEffectDocument, _ metric: Metric,
    _ evidence: TwinEvidence
  ) -> Finding {
    let source = EvidenceSource(.effect, job: intervention.job, metric: metric)
    let label = Word(metric.label)
    let unit = Word(metric.unit).afterBlank
    let isWorse = effect.verdict == .worse
    let isLarge = abs(effect.relative) >= Self.largeEffect
    let size = source.value("effect", abs(effect.effect), from: intervention.start, until: intervention.end)
    let change = Word(effect.effect > 0 ? "rose" : "fell")
    let since: Sentence =
      intervention.start.map { " on \(source.date("start", $0, step: 86_400))" } ?? ""
    let bounds = effect.effect > 0 ? [effect.lower, effect.upper] : [-effect.upper, -effect.lower]
    return Finding(
      type: isWorse ? .risk : .opportunity,
      subject: EpisodeSubject(
        Self.name, metric: metric.name, factor: intervention.factor, aspect: isWorse ? "worse" : "better"),
      onset: intervention.start ?? evidence.now, tolerance: 2 * 86_400,
      severity: isWorse ? (isLarge ? .high : .medium) : (isLarge ? .medium : .low), confidence: 1 - effect.q,
      size: abs(effect.relative),
      story: Story(
        title: """
          \(label.capitalised) \(change) by \(size)\(unit) after \(Word(intervention.label)) \
          \(Word(intervention.factor)) began
          """,
        description: [
          """
          The level since the start\(since) differs by \(size)\(unit), with a \(source.level()) % interval from \
          \(source.value("effect_lo95", bounds[0])) to \(source.value("effect_hi95", bounds[1])), trend and season \
          taken into account.
          """,
          """
          It rests on \(source.count("n_before", effect.before)) observations before and \
          \(source.count("n_after", effect.after)) after; \
          that is for the \(Word(isWorse ? "worse" : "better")), q = \(source.pure("q", max(1e-6, effect.q), digits: 2)).
          """,
        ],
        source: source, unprinted: [source.pure("relative", effect.relative), source.pure("p", effect.p)]),
      actions: [])
  }
}
