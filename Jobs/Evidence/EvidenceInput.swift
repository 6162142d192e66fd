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
  init(
    _ history: TwinHistory, _ further: EvidenceReader.Further, catalog: DomainCatalog, kind: String
  ) throws(JobFailure) {
    func never(_ message: String) -> JobFailure { JobFailure(message, isPermanent: true) }
    let twinName = "twin \(history.twin.text)"
    guard let name = history.domainName else {
      throw never("\(twinName) has no domain; tie it to one with SELECT twinmill.register_twins('skincare')")
    }
    guard let domain = catalog[name] else {
      throw never(
        "\(twinName) is of domain \(name), which this version does not know "
          + "(known: \(catalog.domains.map(\.name).joined(separator: ", "))); run a version that does")
    }
    let subjectName = "\(twinName) (domain \(name), subject \(history.subject ?? "unknown"))"
    guard history.hasTables else {
      throw never(
        "the tables of domain \(name) (\(domain.tables.joined(separator: ", "))) do not exist, or the worker may not "
          + "read them; the first import creates them, and GRANT SELECT lets the worker's role read them")
    }
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
      throw never(
        "\(subjectName) has no usable observations; record some within the ranges of SELECT definition FROM "
          + "twinmill.domains WHERE name = '\(name)', and its \(kind) is computed with the next sweep")
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
