import FoundationEssentials
import Queue
import Twins

/// What an intervention did to the metrics, as the kind `effect` wrote it to `product_effects`.
package struct InterventionEffect: Sendable, Hashable {
  /// `product_effects.product_id`.
  package let product: UUID
  /// What was used or done, such as a product's id or name.
  package let factor: String
  /// `product`, `operation` …
  package let factorType: String
  /// The intervention's name for people, such as "product".
  package let label: String
  package let start: Date?
  /// nil = still going on.
  package let end: Date?
  package let effects: [MetricEffect]
  /// The job that estimated it.
  package let job: JobID

  /// The effect on one metric: mean level change from the start on.
  package struct MetricEffect: Sendable, Hashable {
    package let metric: String
    package let effect: Double
    package let lower: Double
    package let upper: Double
    package let p: Double
    /// Corrected for the metrics tried.
    package let q: Double
    package let before: Int
    package let after: Int
    package let verdict: Verdict
    /// In standard deviations of the metric before the start.
    package let relative: Double
  }

  /// What an effect means.
  package enum Verdict: String, Sendable, Hashable, Decodable {
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
      package let metric: String
      package let effect: Double
      package let lo95: Double
      package let hi95: Double
      package let p: Double
      package let q: Double
      package let nBefore: Double
      package let nAfter: Double
      package let verdict: Verdict
      package let relative: Double?
    }
  }

  /// nil when the row was not written by the kind `effect`, or was changed into something else.
  package init?(product: UUID, start: Date?, end: Date?, observed: String, metadata: String) {
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

  /// Feeds the hash of an input.
  func combine(into hash: inout Fingerprint) {
    for text in [product.text, factor, factorType, label] { hash.combine(text) }
    hash.combine(start)
    hash.combine(end)
    hash.combine(Int(job))
    hash.combine(effects.count)
    for effect in effects {
      hash.combine(effect.metric)
      for number in [effect.effect, effect.lower, effect.upper, effect.p, effect.q, effect.relative] {
        hash.combine(number)
      }
      hash.combine(effect.before)
      hash.combine(effect.after)
      hash.combine(effect.verdict.rawValue)
    }
  }
}

extension InterventionEffect.MetricEffect {
  /// Whether a statement may rest on it.
  package func meets(_ threshold: EvidenceThreshold) -> Bool {
    q <= threshold.q && before + after >= threshold.observations && abs(relative) >= threshold.effect
      && (lower > 0 || upper < 0)
  }
}
