import Analysis
import FoundationEssentials
import Inference
import Postgres
import Queue
import Twins

/// Finds which factors go with which metrics of a twin, and at which lag.
public struct Correlation: JobKind {
  /// The kind's name.
  public static let name = "correlation"

  /// Name, arguments, limits.
  public let definition = KindDefinition(
    name: name,
    summary: "Finds lagged correlations of a twin's factors and metrics into twin_correlations",
    argumentsSchema: CorrelationArguments.schema, revision: 2, batchLimit: 32, needsTwin: true, recomputesOnChange: true
  )

  private let reader: HistoryReader
  private let storeStatement: Statement

  /// A kind that correlates twins of these domains.
  public init(catalog: DomainCatalog) {
    reader = HistoryReader(catalog)
    storeStatement = Statement(
      "correlation_store", Embedded.Correlation.Statements.correlation_store, schemas: ["twins": catalog.twinsSchema])
  }

  // MARK: - Load

  /// Reads the histories and events of all the jobs' twins in one round trip; of domains without factors none.
  public func load(
    _ jobs: [Job], on connection: Connection
  ) async throws -> [JobID: Result<CorrelationInput, JobFailure>] {
    try await reader.inputs(
      of: jobs, kind: Self.name, where: { !$0.factors.isEmpty || !$0.interventions.isEmpty }, on: connection,
      CorrelationInput.init)
  }

  // MARK: - Compute

  /// Tests every factor against every metric of its grid and keeps what is significant among all pairs tried; unchanged
  /// when the latest result was made of the same input. Nothing to find is a result as well.
  public func compute(_ input: CorrelationInput, for job: Job) async throws -> Computed<CorrelationOutput> {
    let hash = input.hash(of: definition)
    if hash == input.records.lastInputHash { return .unchanged }
    var (panels, leftOut) = Panel.panels(input.records)
    var pairs: [CorrelationPair] = []
    for panel in panels {
      try Task.checkCancellation()
      let candidates = CorrelationCandidate.all(in: panel, input.records, leftOut: &leftOut)
      do {
        pairs += try CorrelationPair.tests(of: candidates, on: panel, maximumLag: input.maximumLag, leftOut: &leftOut)
      } catch {
        if error == .cancelled { throw CancellationError() }
        for metric in panel.metrics { leftOut.append((metric.definition.name, error.description)) }
      }
    }
    let q = FalseDiscoveryRate.adjusted(pairs.map(\.test.p), families: pairs.map { _ in 0 })
    // A product that begins and ends once goes together with every trend and every change of its time: no level of q makes
    // such findings true (two of three, `twinmill bench chain`). Its effect is the kind effect's to estimate; here it
    // stands beside the others, and is told only when it was asked for.
    let asked = Set(input.arguments.factors ?? [])
    let findings = zip(pairs, q).filter { pair, q in
      q <= input.fdr && pair.isConsistent && (!pair.factor.isUse || asked.contains(pair.factor.name))
    }
    return .store(
      CorrelationOutput(
        input, findings: findings.map { (pair: $0.0, q: $0.1) }, tried: pairs.count, leftOut: leftOut,
        inputHash: hash, job: job))
  }

  // MARK: - Store

  /// Replaces the findings of the batch's twins, in one round trip.
  public func store(_ outputs: [(job: Job, output: CorrelationOutput)], on connection: Connection) async throws {
    var numbers: [Int32] = []
    var rows: [CorrelationOutput.Row] = []
    for (index, entry) in outputs.enumerated() {
      numbers += entry.output.rows.map { _ in Int32(index + 1) }
      rows += entry.output.rows
    }
    let records = outputs.map { (job: $0.job, record: $0.output.record) }
    _ = try await connection.pipeline([
      ResultRecord.record(records, kind: Self.name),
      storeStatement(
        records.map(\.job.id), records.map { Int32($0.job.attempt) }, records.map(\.record.twin),
        records.map(\.record.metadata), Self.name, numbers, rows.map(\.factorType), rows.map(\.factor),
        rows.map(\.strength), rows.map(\.observations)),
    ])
  }
}
