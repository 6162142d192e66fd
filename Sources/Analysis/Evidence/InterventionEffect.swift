import FoundationEssentials
import Queue
import Twins

/// The effects of an intervention on the metrics, as the kind `effect` wrote it to `product_effects`.
package struct InterventionEffect: Sendable, Hashable {
  /// `product_effects.product_id`.
  package let product: UUID
  /// The thing used or done, such as a product's id or name.
  package let factor: String
  /// `product`, `operation` …
  package let factorType: String
  /// The intervention's name for people, such as "product".
  package let label: String
  package let start: Date?
  /// nil = still going on.
  package let end: Date?
  package let effects: [MetricEffectDocument]
  /// The job that estimated it.
  package let job: JobID

  /// nil when the row was not written by the kind `effect`, or was changed into something else.
  package init?(product: UUID, start: Date?, end: Date?, observed: String, metadata: String) {
    guard let lineage = Lineage(json: metadata), lineage.kind == "effect",
      let document = EffectDocument(json: observed), !document.factor.isEmpty
    else { return nil }
    self.product = product
    factor = document.factor
    factorType = document.factorType
    label = document.label
    self.start = start
    self.end = end
    effects = document.metrics.filter {
      $0.lower <= $0.effect && $0.effect <= $0.upper && (0...1).contains($0.p) && (0...1).contains($0.q)
        && (0...1_000_000_000).contains($0.before) && (0...1_000_000_000).contains($0.after)
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

extension MetricEffectDocument {
  /// Whether a statement may rest on it.
  package func meets(_ threshold: EvidenceThreshold) -> Bool {
    q <= threshold.q && before + after >= threshold.observations && abs(relative) >= threshold.effect
      && (lower > 0 || upper < 0)
  }
}
