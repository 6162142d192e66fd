import FoundationEssentials
import Postgres
import Queue
import Twins

/// Reads all evidence of a batch of twins in one round trip: histories, and what other kinds concluded from them.
package struct EvidenceReader: Sendable {
  private let histories: HistoryReader
  private let predictions: Statement
  private let relations: Statement
  private let effects: Statement

  package init(catalog: DomainCatalog) {
    histories = HistoryReader(catalog)
    let schemas = ["twins": catalog.twinsSchema]
    predictions = Statement("evidence_predictions", Embedded.Evidence.Statements.evidence_predictions)
    relations = Statement("evidence_relations", Embedded.Evidence.Statements.evidence_relations, schemas: schemas)
    effects = Statement("evidence_effects", Embedded.Evidence.Statements.evidence_effects, schemas: schemas)
  }

  /// - Parameters:
  ///   - kind: whose latest input hash is wanted.
  ///   - own: the kind's question about what it wrote before.
  /// - Returns: the jobs' twins; what other kinds concluded of them, by twin; the answer to `own`.
  package func read(
    _ jobs: [Job], kind: String, own: SQL, on connection: Connection
  ) async throws(PostgresError) -> (twins: LoadedTwins, upstream: [UUID: UpstreamResults], own: Rows) {
    let twins = Array(Set(jobs.compactMap(\.twinID)))
    var pipeline = Pipeline()
    let predictions = pipeline.add(predictions(twins))
    let relations = pipeline.add(relations(twins))
    let effects = pipeline.add(effects(twins))
    let own = pipeline.add(own)
    let (found, answers) = try await histories.histories(
      of: twins, kind: kind, withEvents: true, and: pipeline, on: connection)
    var upstream: [UUID: UpstreamResults] = [:]
    for row in answers[predictions] {
      let (twin, metric, job, dates, mean, lower, upper) = try row.decode(
        UUID.self, String.self, JobID.self, [Date].self, [Double].self, [Double].self, [Double].self)
      upstream[twin, default: UpstreamResults()].predictions.append(
        PredictedMetric(metric: metric, job: job, dates: dates, mean: mean, lower: lower, upper: upper))
    }
    for twin in upstream.keys {
      upstream[twin]?.predictions.sort { $0.metric.utf8.lexicographicallyPrecedes($1.metric.utf8) }
    }
    for row in answers[relations] {
      let (twin, type, factor, observations, metadata) = try row.decode(
        UUID.self, String.self, String?.self, String.self, String.self)
      let relation = Relation(factorType: type, factor: factor, observations: observations, metadata: metadata)
      if let relation { upstream[twin, default: UpstreamResults()].relations.append(relation) }
    }
    for row in answers[effects] {
      let (twin, product, start, end, observed, metadata) = try row.decode(
        UUID.self, UUID.self, Date?.self, Date?.self, String.self, String.self)
      let effect = InterventionEffect(product: product, start: start, end: end, observed: observed, metadata: metadata)
      if let effect { upstream[twin, default: UpstreamResults()].effects.append(effect) }
    }
    return (LoadedTwins(found, catalog: histories.catalog), upstream, answers[own])
  }
}
