import Domains
import FoundationEssentials
import Queue
import Twins

@testable import Analysis
@testable import Jobs

/// A twin made of arrays of daily values, and what the pure part of the kinds says of it.
struct SimulatedTwin {
  static let id = UUID(uuidString: "5eed0000-0000-4000-8000-000000000001") ?? UUID()
  /// Midnight of day 0, a Monday.
  static let start = Date(timeIntervalSince1970: 1_704_067_200)

  var domain = "skincare"
  /// By metric; NaN = not observed.
  var values: [String: [Double]]
  var upstream = UpstreamResults()
  var catalog: DomainCatalog

  init(_ values: [String: [Double]], catalog: DomainCatalog? = nil) throws {
    self.values = values
    self.catalog = try catalog ?? Domains.catalog()
  }

  static func date(_ day: Int) -> Date { start.addingTimeInterval(86_400 * Double(day)) }

  static func job(_ id: JobID = 7, kind: String = "insight") -> Job {
    Job(
      id: id, kind: kind, queue: "default", priority: 0, twinID: Self.id, arguments: "{}", attempt: 1, maxAttempts: 5,
      crashes: 0, token: UUID(), enqueuedAt: start, runAt: start, claimedAt: start, requestedBy: "test")
  }

  /// Everything up to a day (exclusive).
  func input(until day: Int = .max, lastInputHash: String? = nil) throws -> EvidenceInput {
    let observations = values.keys.sorted().map { metric -> Observations in
      let days = (values[metric] ?? []).enumerated().filter { !$0.element.isNaN && $0.offset < day }
      return Observations(
        metric: metric, observedAt: days.map { Self.date($0.offset).addingTimeInterval(32_400) },
        values: days.map(\.element))
    }
    let history = TwinHistory(
      twin: Self.id, domainName: domain, subject: "1", hasTables: true, observations: observations,
      lastInputHash: lastInputHash, readAt: Self.date(10_000))
    return try EvidenceInput(ResolvedTwin(history, catalog: catalog), upstream, kind: "insight")
  }

  func evidence(until day: Int = .max, open: Set<EpisodeSubject> = []) throws -> TwinEvidence {
    try input(until: day).evidence(job: 7, open: open)
  }

  func findings(until day: Int = .max) throws -> [Finding] { try Insight.findings(in: evidence(until: day)) }

  /// Predictions of a metric for the days behind the last one.
  mutating func predict(_ metric: String, mean: [Double], reach: Double, job: JobID = 5) {
    let first = values[metric]?.count ?? 0
    upstream.predictions.append(
      PredictedMetric(
        metric: metric, job: job, dates: mean.indices.map { Self.date(first + $0) }, mean: mean,
        lower: mean.map { $0 - reach }, upper: mean.map { $0 + reach }))
  }

  /// A correlation as the kind writes it.
  mutating func relate(
    _ factor: String, _ metric: String, r: Double, q: Double = 0.001, n: Int = 120, lag: Int = 1,
    label: String = "sleep", job: JobID = 11
  ) {
    let relation = Relation(
      factorType: "lifestyle", factor: factor,
      observations: """
        {"metric": "\(metric)", "metric_label": "x", "factor_label": "\(label)", "lag": \(lag),
         "lag_seconds": \(lag * 86_400), "direction": "rises_with", "r": \(r), "rank_r": \(r), "n": \(n), "p": \(q / 10),
         "q": \(q), "pairs_tried": 108, "from": "2024-01-01T00:00:00Z", "until": "2024-04-29T00:00:00Z",
         "partial": true}
        """, metadata: #"{"job_id": \#(job), "kind": "correlation", "attempt": 1}"#)
    if let relation { upstream.relations.append(relation) }
  }

  /// An effect as the kind writes it.
  mutating func affect(
    _ factor: String, _ metrics: [(metric: String, effect: Double, reach: Double, verdict: String, relative: Double)],
    q: Double = 0.004, days: Int = 60, ended: Int? = nil, job: JobID = 13
  ) {
    let entries = metrics.map {
      """
      {"metric": "\($0.metric)", "label": "x", "unit": "points", "effect": \($0.effect), "lo95": \($0.effect - $0.reach),
       "hi95": \($0.effect + $0.reach), "p": \(q / 3), "q": \(q), "n_before": \(days), "n_after": \(days),
       "verdict": "\($0.verdict)", "relative": \($0.relative)}
      """
    }
    let effect = InterventionEffect(
      product: UUID(of: [factor]), start: Self.date(60), end: ended.map(Self.date),
      observed: """
        {"factor": "\(factor)", "factor_type": "product", "event": "product", "label": "product",
         "metrics": [\(entries.joined(separator: ","))], "not_enough": []}
        """, metadata: #"{"job_id": \#(job), "kind": "effect"}"#)
    if let effect { upstream.effects.append(effect) }
  }
}
