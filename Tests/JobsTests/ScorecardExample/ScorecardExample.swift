import Analysis
import FoundationEssentials
import Postgres
import Queue
import Twins

/// The share of a twin's observations that lie inside all thresholds of its domain, by metric.
public struct ScorecardExample: JobKind {
  /// The kind's name.
  public static let name = "scorecard-example"

  /// Name, arguments, limits.
  public let definition = KindDefinition(
    name: name,
    summary: "Writes the share of observations inside all thresholds into scorecard_example",
    argumentsSchema: NoArguments.schema, batchLimit: 32, needsTwin: true,
    schema: SchemaModule("scorecard-example", files: Embedded.files(under: "ScorecardExample")))

  private let reader: HistoryReader
  private static let storeStatement = Statement(
    "scorecard_store", Embedded.ScorecardExample.Statements.scorecard_store)

  /// A kind for twins of these domains.
  public init(catalog: DomainCatalog) {
    reader = HistoryReader(catalog)
  }

  /// The twin and its observations: all that `compute` needs.
  public struct Input: Sendable {
    let twin: ResolvedTwin

    init(_ twin: ResolvedTwin, _ arguments: NoArguments) { self.twin = twin }
  }

  /// The share of one metric.
  public struct Share: Sendable {
    let metric: String
    let count: Int
    let share: Double
  }

  /// The shares of one twin.
  public struct Output: Sendable {
    let twin: UUID
    let shares: [Share]
  }

  /// Reads the histories of all jobs of the batch in one round trip.
  public func load(_ jobs: [Job], on connection: Connection) async throws -> [JobID: Result<Input, JobFailure>] {
    try await reader.inputs(of: jobs, kind: Self.name, on: connection, Input.init)
  }

  /// Counts; pure, without clock and database.
  public func compute(_ input: Input, for job: Job) async throws -> Computed<Output> {
    var shares: [Share] = []
    for series in input.twin.history.observations {
      try Task.checkCancellation()
      let thresholds = input.twin.domain.thresholds.filter { $0.metric == series.metric }
      guard !thresholds.isEmpty, !series.values.isEmpty else { continue }
      let inside = series.values.count { value in !thresholds.contains { $0.bound.isBeyond(value) } }
      shares.append(
        Share(
          metric: series.metric, count: series.values.count,
          share: Double(inside) / Double(series.values.count)))
    }
    return shares.isEmpty ? .unchanged : .store(Output(twin: input.twin.id, shares: shares))
  }

  /// Writes all rows of the batch in one statement, in the transaction that finishes the jobs.
  public func store(_ outputs: [(job: Job, output: Output)], on connection: Connection) async throws {
    let rows = outputs.flatMap { entry in
      entry.output.shares.map { (job: entry.job.id, twin: entry.output.twin, share: $0) }
    }
    _ = try await connection.query(
      Self.storeStatement(
        rows.map(\.job), rows.map(\.twin), rows.map(\.share.metric), rows.map { Int64($0.share.count) },
        rows.map(\.share.share)))
  }
}
