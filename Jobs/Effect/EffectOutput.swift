import Analysis
import FoundationEssentials
import Inference
import Queue
import Twins

/// What the interventions on one twin did, ready to be written.
public struct EffectOutput: Sendable {
  /// One row of `product_effects`.
  struct Row: Sendable {
    /// The product's id; nil = the factor is no uuid, and `name` makes one.
    let product: UUID?
    /// What tells the factor from all others: `domain:type:factor`.
    let name: String
    let factor: String
    let start: Date
    let end: Date?
    /// An application's row whose start lies in here is about the same start.
    let step: Range<Date>
    /// `{"factor", …, "metrics": […], "not_enough": […]}`
    let observed: String
    /// The metrics that got worse, a JSON array.
    let side: String
    /// 0…1, see `Effectiveness.score`; nil when no metric with a good direction was judged.
    let score: Double?
    /// Whether any metric was judged.
    let isJudged: Bool
  }

  /// By start.
  let rows: [Row]
  /// What they were made of; its metadata is that of all rows.
  let record: ResultRecord

  /// - Parameter leftOut: metrics and factors that were not used, and why.
  init(
    _ input: EffectInput, _ judged: [UseEffects], leftOut: [(name: String, reason: String)], inputHash: String,
    job: Job
  ) {
    let domain = input.records.domain
    rows = judged.compactMap { Self.row($0, domain: domain) }
    let estimates = judged.reduce(0) { $0 + $1.effects.count }
    let verdicts = judged.reduce(0) { $0 + $1.effects.count { $0.verdict != .noEvidence } }
    var json = JSONWriter()
    json.object { json in
      json.lineage(of: job, inputHash: inputHash, domain: domain.name)
      json.key("parameters")
      json.object { parameters in
        if let days = input.arguments.historyDays { parameters.member("history_days", days) }
        if let metrics = input.arguments.metrics { parameters.member("metrics", metrics) }
        if let factors = input.arguments.factors { parameters.member("factors", factors) }
      }
      json.member("interventions", judged.count)
      json.member("estimates", estimates)
      json.member("findings", verdicts)
      if estimates == 0 { json.member("nothing_found", Self.reason(input)) }
      if input.surplus > 0 { json.member("older_interventions_left_out", input.surplus) }
      if input.records.skipped > 0 { json.member("values_skipped", input.records.skipped) }
      json.leftOut(leftOut)
    }
    record = ResultRecord(
      twin: input.records.twin, inputHash: inputHash, readAt: input.records.readAt, metadata: json.text)
  }

  private static func reason(_ input: EffectInput) -> String {
    input.nothing ?? "not enough data around any of \(input.uses.count) interventions"
  }

  private static func row(_ judged: UseEffects, domain: Domain) -> Row? {
    let use = judged.use
    guard let start = use.start else { return nil }
    var observed = JSONWriter()
    observed.object { observed in
      observed.member("factor", use.factor)
      observed.member("factor_type", use.intervention.type.rawValue)
      observed.member("event", use.intervention.event)
      observed.member("label", use.intervention.label)
      observed.key("metrics")
      observed.array { metrics in for effect in judged.effects { write(effect, to: &metrics) } }
      observed.key("not_enough")
      observed.array { entries in
        for (metric, reason) in judged.notEnough {
          entries.object {
            $0.member("metric", metric)
            $0.member("reason", reason)
          }
        }
      }
    }
    var side = JSONWriter()
    side.array { metrics in
      for effect in judged.effects where effect.verdict == .worse { write(effect, to: &metrics) }
    }
    return Row(
      product: UUID(uuidString: use.factor), name: "\(domain.name):\(use.intervention.type.rawValue):\(use.factor)",
      factor: use.factor, start: start, end: use.end, step: judged.step, observed: observed.text, side: side.text,
      score: judged.score, isJudged: !judged.effects.isEmpty)
  }

  private static func write(_ effect: MetricEffect, to json: inout JSONWriter) {
    json.object { json in
      json.member("metric", effect.metric.name)
      json.member("label", effect.metric.label)
      json.member("unit", effect.metric.unit)
      json.member("effect", effect.estimate.effect)
      json.member("lo95", effect.estimate.lower)
      json.member("hi95", effect.estimate.upper)
      json.member("p", effect.estimate.p)
      json.member("q", effect.q)
      json.member("n_before", effect.estimate.before)
      json.member("n_after", effect.estimate.after)
      json.member("verdict", effect.verdict.rawValue)
      // A constant has no spread: then the ratio is no number, and null.
      json.member("relative", effect.estimate.effect / effect.spreadBefore)
    }
  }
}
