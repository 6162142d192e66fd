import FoundationEssentials
import Queue
import Series
import Twins

/// All that insights and recommendations of a twin are computed from, as it was read.
package struct EvidenceInput: Sendable {
  package let twin: UUID
  package let domain: Domain
  /// By metric name; each with at least one usable observation.
  package let observed: [ObservedSeries<Metric>]
  package let events: [TwinEvent]
  package let predictions: [PredictedMetric]
  package let relations: [Relation]
  package let effects: [InterventionEffect]
  package let lastInputHash: String?
  /// The server's clock when the input was read.
  package let readAt: Date

  /// - Throws: a permanent `JobFailure` that names the twin, the domain and the remedy.
  package init(_ twin: ResolvedTwin, _ upstream: UpstreamResults, kind: String) throws(JobFailure) {
    let (history, domain) = (twin.history, twin.domain)
    var observed: [ObservedSeries<Metric>] = []
    for one in history.observations {
      guard let metric = domain.metric(one.metric) else { continue }
      let series = ObservedSeries(metric, one)
      if !series.values.isEmpty { observed.append(series) }
    }
    guard !observed.isEmpty else {
      throw JobFailure(
        "\(twin.name) has no usable observations; record some within the ranges of SELECT definition FROM "
          + "twinmill.domains WHERE name = '\(domain.name)', and its \(kind) is computed with the next sweep",
        isPermanent: true)
    }
    self.twin = twin.id
    self.domain = domain
    self.observed = observed
    events = history.events
    predictions = upstream.predictions
    relations = upstream.relations
    effects = upstream.effects
    lastInputHash = history.lastInputHash
    readAt = history.readAt
  }

  /// The hash of everything that a result depends on: beside the observations the results of other kinds. Not what the
  /// kind itself wrote before.
  package func hash(of kind: KindDefinition) -> Fingerprint {
    var hash = Fingerprint(of: kind, domain: domain)
    hash.combine(observed.count)
    for series in observed {
      hash.combine(series)
      hash.combine(series.rejectedAt, series.rejected)
    }
    hash.combine(events)
    hash.combine(predictions.count)
    for prediction in predictions { prediction.combine(into: &hash) }
    hash.combine(relations.count)
    for relation in relations { relation.combine(into: &hash) }
    hash.combine(effects.count)
    for effect in effects { effect.combine(into: &hash) }
    return hash
  }

  /// Puts the metrics on their grids and looks for changes.
  /// - Parameters:
  ///   - job: that computes.
  ///   - open: episodes that are open.
  /// - Throws: `CancellationError`.
  package func evidence(job: JobID, open: Set<EpisodeSubject>) throws -> TwinEvidence {
    var metrics: [MetricEvidence] = []
    for one in observed {
      try Task.checkCancellation()
      // Observations that make no grid, such as a single one, are no evidence yet.
      guard let samples = try? one.samples(limit: domain.historyPoints) else { continue }
      metrics.append(
        MetricEvidence(
          one.definition, samples, rejected: zip(one.rejectedAt, one.rejected).map { ($0, $1) },
          observedUntil: one.observedAt[one.observedAt.count - 1]))
    }
    return TwinEvidence(
      domain: domain, job: job, metrics: metrics, predictions: predictions, relations: relations, effects: effects,
      events: events, now: observed.compactMap(\.observedAt.last).max() ?? readAt, open: open)
  }
}
