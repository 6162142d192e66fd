import FoundationEssentials
import Queue
import Series
import Twins

/// All that insights and recommendations of a twin are computed from, as it was read.
struct EvidenceInput: Sendable {
  /// One metric's observations, by time.
  struct Observed: Sendable {
    let metric: Metric
    /// Within the metric's range.
    let observedAt: [Date]
    let values: [Double]
    /// Numbers outside of it.
    let rejectedAt: [Date]
    let rejected: [Double]
  }

  let twin: UUID
  let domain: Domain
  /// By metric name; each with at least one usable observation.
  let observed: [Observed]
  let events: [TwinEvent]
  let predictions: [PredictedMetric]
  let relations: [Relation]
  let effects: [InterventionEffect]
  let lastInputHash: String?
  /// The server's clock when the input was read.
  let readAt: Date

  /// - Throws: a permanent `JobFailure` that names the twin, the domain and the remedy.
  init(_ known: KnownTwin, _ further: EvidenceReader.Further, kind: String) throws(JobFailure) {
    let (history, domain) = (known.history, known.domain)
    var observed: [Observed] = []
    for one in history.observations {
      guard let metric = domain.metric(one.metric) else { continue }
      let usable = one.values.indices.filter { metric.accepts(one.values[$0]) }
      let rejected = one.values.indices.filter { !metric.accepts(one.values[$0]) }
      guard !usable.isEmpty else { continue }
      observed.append(
        Observed(
          metric: metric, observedAt: usable.map { one.observedAt[$0] }, values: usable.map { one.values[$0] },
          rejectedAt: rejected.map { one.observedAt[$0] }, rejected: rejected.map { one.values[$0] }))
    }
    guard !observed.isEmpty else {
      throw JobFailure(
        "\(known.name) has no usable observations; record some within the ranges of SELECT definition FROM "
          + "twinmill.domains WHERE name = '\(domain.name)', and its \(kind) is computed with the next sweep",
        isPermanent: true)
    }
    twin = history.twin
    self.domain = domain
    self.observed = observed
    events = history.events
    predictions = further.predictions[history.twin] ?? []
    relations = further.relations[history.twin] ?? []
    effects = further.effects[history.twin] ?? []
    lastInputHash = history.lastInputHash
    readAt = history.readAt
  }

  /// Feeds the hash with everything that a result depends on but the kind: code, definition of the domain, observations,
  /// and the results of other kinds. Not the clock, not the job, not what the kind itself wrote before.
  func combine(into hash: inout Fingerprint) {
    hash.combine(BuildInfo.version)
    hash.combine(domain.fingerprint)
    hash.combine(observed.count)
    for one in observed {
      hash.combine(one.metric.name)
      for (dates, values) in [(one.observedAt, one.values), (one.rejectedAt, one.rejected)] {
        hash.combine(values.count)
        for date in dates { hash.combine(date.timeIntervalSinceReferenceDate) }
        for value in values { hash.combine(value) }
      }
    }
    hash.combine(events.count)
    for event in events {
      hash.combine(event.occurredAt.timeIntervalSinceReferenceDate)
      hash.combine(event.type)
      hash.combine(event.factor)
    }
    hash.combine(predictions.count)
    for prediction in predictions { prediction.combine(into: &hash) }
    hash.combine(relations.count)
    for relation in relations { hash.combine("\(relation)") }
    hash.combine(effects.count)
    for effect in effects { hash.combine("\(effect)") }
  }

  /// Puts the metrics on their grids and looks for changes.
  /// - Parameters:
  ///   - job: that computes.
  ///   - open: episodes that are open.
  /// - Throws: `CancellationError`.
  func evidence(job: JobID, open: Set<EpisodeSubject>) throws -> TwinEvidence {
    var metrics: [MetricEvidence] = []
    for one in observed {
      try Task.checkCancellation()
      let series = PredictionInput.Series(metric: one.metric, observedAt: one.observedAt, values: one.values)
      // Observations that make no grid, such as a single one, are no evidence yet.
      guard let samples = try? MetricForecast.samples(series, limit: domain.historyPoints) else { continue }
      metrics.append(
        MetricEvidence(
          one.metric, samples, rejected: zip(one.rejectedAt, one.rejected).map { ($0, $1) },
          observedUntil: one.observedAt[one.observedAt.count - 1]))
    }
    return TwinEvidence(
      domain: domain, job: job, metrics: metrics, predictions: predictions, relations: relations, effects: effects,
      events: events, now: observed.compactMap(\.observedAt.last).max() ?? readAt, open: open)
  }
}
