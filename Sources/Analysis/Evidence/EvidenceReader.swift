import FoundationEssentials
import Postgres
import Queue
import Twins

/// Reads all evidence of a batch of twins in one round trip: histories, and what other kinds concluded from them.
package struct EvidenceReader: Sendable {
  package let histories: HistoryReader
  private let predictions: Statement
  private let relations: Statement
  private let effects: Statement

  /// What other kinds concluded, by twin.
  package struct Further: Sendable {
    package var predictions: [UUID: [PredictedMetric]] = [:]
    package var relations: [UUID: [Relation]] = [:]
    package var effects: [UUID: [InterventionEffect]] = [:]
  }

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
  package func read(
    _ twins: [UUID], kind: String, own: SQL, on connection: Connection
  ) async throws(PostgresError) -> (histories: [UUID: TwinHistory], further: Further, own: Rows) {
    let twins = Array(Set(twins))
    let (histories, answers) = try await histories.histories(
      of: twins, kind: kind, withEvents: true, and: [predictions(twins), relations(twins), effects(twins), own],
      on: connection)
    var further = Further()
    for row in answers[0] {
      let (twin, metric, job, dates, mean, lower, upper) = try row.decode(
        UUID.self, String.self, JobID.self, [Date].self, [Double].self, [Double].self, [Double].self)
      further.predictions[twin, default: []].append(
        PredictedMetric(metric: metric, job: job, dates: dates, mean: mean, lower: lower, upper: upper))
    }
    for twin in further.predictions.keys {
      further.predictions[twin]?.sort { $0.metric.utf8.lexicographicallyPrecedes($1.metric.utf8) }
    }
    for row in answers[1] {
      let (twin, type, factor, observations, metadata) = try row.decode(
        UUID.self, String.self, String?.self, String.self, String.self)
      guard
        let relation = Relation(factorType: type, factor: factor, observations: observations, metadata: metadata)
      else { continue }
      further.relations[twin, default: []].append(relation)
    }
    for row in answers[2] {
      let (twin, product, start, end, observed, metadata) = try row.decode(
        UUID.self, UUID.self, Date?.self, Date?.self, String.self, String.self)
      guard
        let effect = InterventionEffect(
          product: product, start: start, end: end, observed: observed, metadata: metadata)
      else { continue }
      further.effects[twin, default: []].append(effect)
    }
    return (histories, further, answers[3])
  }
}
