import Analysis
import FoundationEssentials
import Inference
import Postgres
import Queue
import Twins

/// Estimates what interventions did to a twin's metrics: products started, repairs, campaigns.
public struct Effect: JobKind {
  /// The kind's name.
  public static let name = "effect"

  /// Name, arguments, limits.
  public let definition = KindDefinition(
    name: name,
    summary: "Estimates what interventions did to a twin's metrics into product_effects",
    argumentsSchema: EffectArguments.schema, revision: 2, batchLimit: 32, needsTwin: true, recomputesOnChange: true)

  private let reader: HistoryReader
  private let storeStatement: Statement

  /// A kind that judges interventions on twins of these domains.
  public init(catalog: DomainCatalog) {
    reader = HistoryReader(catalog)
    storeStatement = Statement(
      "effect_store", Embedded.Effect.Statements.effect_store, schemas: ["twins": catalog.twinsSchema])
  }

  // MARK: - Load

  /// Reads the histories and events of all the jobs' twins in one round trip; of domains without interventions none.
  public func load(
    _ jobs: [Job], on connection: Connection
  ) async throws -> [JobID: Result<EffectInput, JobFailure>] {
    try await reader.inputs(
      of: jobs, kind: Self.name, where: { !$0.interventions.isEmpty }, on: connection, EffectInput.init)
  }

  // MARK: - Compute

  /// Estimates the effect of each intervention on each metric, beside all other interventions; unchanged when the latest
  /// result was made of the same input. Nothing to judge is a result as well.
  public func compute(_ input: EffectInput, for job: Job) async throws -> Computed<EffectOutput> {
    let hash = input.hash(of: definition)
    if hash == input.records.lastInputHash { return .unchanged }
    let (panels, leftOut) = Panel.panels(input.records)
    var judged = input.uses.map { UseEffects($0, start: $0.start ?? input.records.readAt) }
    do {
      for panel in panels where !judged.isEmpty {
        let covariates = try MetricCovariates.of(panel)
        for index in judged.indices {
          try Task.checkCancellation()
          guard let number = panel.uses.firstIndex(where: { $0.use == judged[index].use }) else { continue }
          try judged[index].estimate(on: panel, number: number, covariates: covariates)
        }
      }
    } catch InferenceError.cancelled {
      throw CancellationError()
    }
    var q = FalseDiscoveryRate.adjusted(judged.flatMap { $0.effects.map(\.estimate.p) })[...]
    for index in judged.indices {
      judged[index].adjust(q.prefix(judged[index].effects.count))
      q = q.dropFirst(judged[index].effects.count)
    }
    return .store(EffectOutput(input, judged, leftOut: leftOut, inputHash: hash, job: job))
  }

  // MARK: - Store

  /// Completes the application's rows and replaces our own, in one round trip.
  public func store(_ outputs: [(job: Job, output: EffectOutput)], on connection: Connection) async throws {
    var numbers: [Int32] = []
    var rows: [EffectOutput.Row] = []
    for (index, entry) in outputs.enumerated() {
      numbers += entry.output.rows.map { _ in Int32(index + 1) }
      rows += entry.output.rows
    }
    let records = outputs.map { (job: $0.job, record: $0.output.record) }
    _ = try await connection.pipeline([
      ResultRecord.record(records, kind: Self.name),
      storeStatement(
        records.map(\.job.id), records.map { Int32($0.job.attempt) }, records.map(\.record.twin),
        records.map(\.record.metadata), Self.name, numbers, rows.map(\.product), rows.map(\.name), rows.map(\.factor),
        rows.map(\.start), rows.map(\.end), rows.map(\.step.lowerBound), rows.map(\.step.upperBound),
        rows.map(\.observed), rows.map(\.side), rows.map(\.score), rows.map(\.isJudged)),
    ])
  }
}
