import FoundationEssentials
import Queue

/// What an intervention did to the metrics, as the kind `effect` wrote it to `product_effects`.
struct InterventionEffect: Sendable, Hashable {
  /// `product_effects.product_id`.
  let product: UUID
  /// What was used or done, such as a product's id or name.
  let factor: String
  /// `product`, `operation` …
  let factorType: String
  /// The intervention's name for people, such as "product".
  let label: String
  let start: Date?
  /// nil = still going on.
  let end: Date?
  let effects: [MetricEffect]
  /// The job that estimated it.
  let job: JobID

  /// The effect on one metric: mean level change from the start on.
  struct MetricEffect: Sendable, Hashable {
    let metric: String
    let effect: Double
    let lower: Double
    let upper: Double
    let p: Double
    /// Corrected for the metrics tried.
    let q: Double
    let before: Int
    let after: Int
    let verdict: Verdict
    /// In standard deviations of the metric before the start.
    let relative: Double
  }

  /// What an effect means.
  enum Verdict: String, Sendable, Hashable, Decodable {
    case better, worse
    case noEvidence = "no_evidence"
    case changed
  }

  private struct Document: Decodable {
    let factor: String
    let factorType: String?
    let label: String?
    let metrics: [Entry]

    struct Entry: Decodable {
      let metric: String
      let effect: Double
      let lo95: Double
      let hi95: Double
      let p: Double
      let q: Double
      let nBefore: Double
      let nAfter: Double
      let verdict: Verdict
      let relative: Double?
    }
  }

  /// nil when the row was not written by the kind `effect`, or was changed into something else.
  init?(product: UUID, start: Date?, end: Date?, observed: String, metadata: String) {
    guard let lineage = RowLineage(metadata), lineage.kind == "effect",
      let document = RowLineage.decode(Document.self, observed), !document.factor.isEmpty
    else { return nil }
    self.product = product
    factor = document.factor
    factorType = document.factorType ?? "product"
    label = document.label ?? factorType
    self.start = start
    self.end = end
    effects = document.metrics.filter {
      $0.lo95 <= $0.effect && $0.effect <= $0.hi95 && (0...1).contains($0.p) && (0...1).contains($0.q)
        && (0...1e9).contains($0.nBefore) && (0...1e9).contains($0.nAfter)
    }.map {
      MetricEffect(
        metric: $0.metric, effect: $0.effect, lower: $0.lo95, upper: $0.hi95, p: $0.p, q: $0.q,
        before: Int($0.nBefore), after: Int($0.nAfter), verdict: $0.verdict, relative: $0.relative ?? 0)
    }
    job = lineage.job
  }
}
