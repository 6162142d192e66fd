import FoundationEssentials
import Queue
import Twins

/// A significant correlation of a factor with a metric, as the kind `correlation` wrote it to `twin_correlations`.
package struct Relation: Sendable, Hashable {
  package let factor: String
  /// `product`, `environment`, `lifestyle` …
  package let factorType: String
  package let factorLabel: String
  package let metric: String
  /// Seconds from the factor to the metric.
  package let lagSeconds: Double
  /// Partial, given the other factors found; -1…1.
  package let r: Double
  /// The same by normal scores, which outliers hardly move: what p and q are of.
  package let rankR: Double
  package let n: Int
  package let p: Double
  /// Counts every pair tried.
  package let q: Double
  package let pairsTried: Int
  package let from: Date?
  package let until: Date?
  /// The job that found it.
  package let job: JobID

  /// nil when the row was not written by the kind `correlation`, or was changed into something else.
  package init?(factorType: String, factor: String?, observations: String, metadata: String) {
    guard let lineage = Lineage(json: metadata), lineage.kind == "correlation", let factor, !factor.isEmpty,
      let document = CorrelationDocument(json: observations),
      abs(document.r) <= 1, (0...1).contains(document.p), (0...1).contains(document.q),
      (3...1_000_000_000).contains(document.n), (0...1e10).contains(document.lagSeconds)
    else { return nil }
    self.factor = factor
    self.factorType = factorType
    factorLabel = document.factorLabel ?? factor
    metric = document.metric
    lagSeconds = document.lagSeconds
    r = document.r
    rankR = min(1, max(-1, document.rankR))
    n = document.n
    p = document.p
    q = document.q
    pairsTried = min(1_000_000_000, max(1, document.pairsTried))
    from = document.from
    until = document.until
    job = lineage.job
  }

  /// Whether a statement may rest on it.
  package func meets(_ threshold: EvidenceThreshold) -> Bool {
    // Where values and their scores tell opposite ways, outliers have the word.
    q <= threshold.q && n >= threshold.observations && abs(r) >= threshold.correlation && r * rankR > 0
  }

  /// Feeds the hash of an input.
  func combine(into hash: inout Fingerprint) {
    for text in [factor, factorType, factorLabel, metric] { hash.combine(text) }
    for number in [lagSeconds, r, rankR, p, q] { hash.combine(number) }
    for number in [n, pairsTried, Int(job)] { hash.combine(number) }
    hash.combine(from)
    hash.combine(until)
  }
}
