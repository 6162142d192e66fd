import Analysis
import FoundationEssentials
import Inference
import Queue
import Twins

/// The effects of the interventions on one twin, ready to be written.
public struct EffectOutput: Sendable {
  /// One row of `product_effects`.
  struct Row: Sendable {
    /// The product's id; nil = the factor is no uuid, and `name` makes one.
    let product: UUID?
    /// A name that no other factor has: `domain:type:factor`.
    let name: String
    let factor: String
    let start: Date
    let end: Date?
    /// An application's row whose start lies in here is about the same start.
    let step: Range<Date>
    /// An `EffectDocument`.
    let observed: String
    /// The metrics that got worse: a list of `MetricEffectDocument`.
    let side: String
    /// 0…1, see `Effectiveness.score`; nil when no metric with a good direction was judged.
    let score: Double?
    /// Whether any metric was judged.
    let isJudged: Bool
  }

  /// By start.
  let rows: [Row]
  /// The input they were made of; its metadata is that of all rows.
  let record: ResultRecord

  /// - Parameter leftOut: metrics and factors that were not used, and why.
  init(
    _ input: EffectInput, _ judged: [UseEffects], leftOut: [(name: String, value: String)], inputHash: String,
    job: Job
  ) {
    let domain = input.records.domain
    rows = judged.compactMap { Self.row($0, domain: domain) }
    let estimates = judged.reduce(0) { $0 + $1.effects.count }
    let verdicts = judged.reduce(0) { $0 + $1.effects.count { $0.verdict != .noEvidence } }
    let arguments = input.arguments
    let metadata = EffectMetadata(
      lineage: Lineage(of: job, inputHash: inputHash, domain: domain.name),
      parameters: EffectMetadata.Parameters(
        historyDays: arguments.historyDays, metrics: arguments.metrics, factors: arguments.factors),
      interventions: judged.count, estimates: estimates, findings: verdicts,
      nothingFound: estimates == 0 ? Self.reason(input) : nil, olderInterventionsLeftOut: input.surplus,
      valuesSkipped: input.records.skipped, leftOut: NamedValues(leftOut))
    record = ResultRecord(
      twin: input.records.twin, inputHash: inputHash, readAt: input.records.readAt, metadata: metadata.json)
  }

  private static func reason(_ input: EffectInput) -> String {
    input.nothing ?? "not enough data around any of \(input.uses.count) interventions"
  }

  private static func row(_ judged: UseEffects, domain: Domain) -> Row? {
    let use = judged.use
    guard let start = use.start else { return nil }
    let effects = judged.effects.map(\.document)
    let observed = EffectDocument(
      factor: use.factor, factorType: use.intervention.type.rawValue, event: use.intervention.event,
      label: use.intervention.label, metrics: effects,
      notEnough: judged.notEnough.map { EffectDocument.Reason(metric: $0.metric, reason: $0.reason) })
    return Row(
      product: UUID(uuidString: use.factor), name: "\(domain.name):\(use.intervention.type.rawValue):\(use.factor)",
      factor: use.factor, start: start, end: use.end, step: judged.step, observed: observed.json,
      side: effects.filter { $0.verdict == .worse }.json, score: judged.score, isJudged: !effects.isEmpty)
  }
}
