import Analysis
import FoundationEssentials
import Twins

/// Advice on products, routines and repairs whose effects are known: stop those that harm, keep those that help, weigh
/// those that do both.
///
/// Only effects that meet the domain's bar count. Harm without as large a benefit: stop it while it is in use, priority
/// 1 from one standard deviation on, else 2. Harm and a larger benefit: weigh it, priority 3. Benefit alone: keep it,
/// priority 4, or take it up again when it was stopped, priority 3. Strength: the bound of the 95 % interval that lies
/// nearer to 0, in standard deviations.
struct ProductAdvice: AdviceRule {
  static let name = "product"

  /// Harm in standard deviations from which stopping is most urgent.
  static let severeHarm = 1.0

  func advice(on evidence: TwinEvidence, insights: [OpenInsight]) -> [Advice] {
    evidence.effects.compactMap { intervention in
      let known = intervention.effects
        .filter { $0.meets(evidence.domain.evidence) && !evidence.isAmbiguous(intervention, metric: $0.metric) }
        .sorted { (-abs($0.relative), $0.metric) < (-abs($1.relative), $1.metric) }
      let harm = known.first { $0.verdict == .worse }
      let benefit = known.first { $0.verdict == .better }
      let isInUse = intervention.end == nil
      switch (harm, benefit) {
      case (let harm?, let benefit?) where abs(benefit.relative) > abs(harm.relative):
        return isInUse ? advice("weigh", 3, intervention, [benefit, harm], evidence) : nil
      case (let harm?, _):
        let isSevere = abs(harm.relative) >= Self.severeHarm
        return isInUse ? advice("stop", isSevere ? 1 : 2, intervention, [harm], evidence) : nil
      case (nil, let benefit?):
        return advice(isInUse ? "keep" : "resume", isInUse ? 4 : 3, intervention, [benefit], evidence)
      case (nil, nil): return nil
      }
    }
  }

  private func advice(
    _ verb: String, _ priority: Int, _ intervention: InterventionEffect, _ effects: [MetricEffectDocument],
    _ evidence: TwinEvidence
  ) -> Advice? {
    guard let first = effects.first, let metric = evidence.domain.metric(first.metric) else { return nil }
    let what: Sentence = "\(Word(intervention.label)) \(Word(intervention.factor))"
    let title: Sentence =
      switch verb {
      case "weigh": "Weigh what \(what) does: it helps in one thing and harms in another"
      case "stop": "Stop \(what), or ask about it"
      case "keep": "Keep \(what)"
      default: "Take up \(what) again"
      }
    let since: Sentence =
      intervention.start.map {
        let source = EvidenceSource(.effect, job: intervention.job)
        return " since it began on \(source.date("start", $0, step: 86_400))"
      } ?? ""
    let sentences = effects.compactMap { sentence($0, intervention, since, evidence) }
    let source = EvidenceSource(.effect, job: intervention.job, metric: metric)
    // Without the product the effect goes, with it it stays.
    let sign = verb == "stop" ? -1.0 : 1.0
    let days = Double(first.after) * (evidence.metric(first.metric)?.step ?? 86_400) / 86_400
    return Advice(
      subject: EpisodeSubject(Self.name, factor: intervention.factor, aspect: verb),
      basis: intervention.start?.formatted(.iso8601) ?? "", type: intervention.factorType, priority: priority,
      strength: effects.map(\.conservativeSize).max() ?? 0,
      story: Story(
        title: title, description: sentences, source: source,
        unprinted: effects.flatMap { [source.pure("relative", $0.relative), source.pure("q", $0.q)] }),
      products: [RecommendedProduct(id: intervention.product, name: intervention.factor)], actions: [],
      impact: ExpectedImpact(
        metric, mean: sign * first.effect, lower: min(sign * first.lower, sign * first.upper),
        upper: max(sign * first.lower, sign * first.upper), horizonDays: max(1, days)))
  }

  private func sentence(
    _ effect: MetricEffectDocument, _ intervention: InterventionEffect, _ since: Sentence,
    _ evidence: TwinEvidence
  ) -> Sentence? {
    guard let metric = evidence.domain.metric(effect.metric) else { return nil }
    let source = EvidenceSource(.effect, job: intervention.job, metric: metric)
    let bounds = effect.effect > 0 ? [effect.lower, effect.upper] : [-effect.upper, -effect.lower]
    return """
      \(Word(metric.label).capitalised) is \(source.value("effect", abs(effect.effect)))\(Word(metric.unit).afterBlank) \
      \(Word(effect.effect > 0 ? "higher" : "lower"))\(since), for the \
      \(Word(effect.verdict == .worse ? "worse" : "better")) (\(source.level()) % interval \
      \(source.value("effect_lo95", bounds[0])) to \(source.value("effect_hi95", bounds[1])), \
      \(source.count("n_before", effect.before)) observations before and \(source.count("n_after", effect.after)) after).
      """
  }
}

extension MetricEffectDocument {
  /// The bound of the interval that lies nearer to 0, in standard deviations.
  var conservativeSize: Double {
    guard effect != 0 else { return 0 }
    return abs(relative) * min(abs(lower), abs(upper)) / abs(effect)
  }
}
