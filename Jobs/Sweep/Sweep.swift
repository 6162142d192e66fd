import Analysis
import Postgres
import Queue
import Twins

/// Turns the marks of changed twins into jobs: one job per twin and kind that is recomputed on change.
///
/// Run it by a schedule, every minute or so; a run takes the oldest marks, and what it leaves waits for the next.
public struct Sweep: JobKind {
  /// The kind's name.
  public static let name = "sweep"

  /// Name, arguments, limits.
  public let definition = KindDefinition(
    name: name,
    summary: "Enqueues the recomputation of twins whose data changed",
    argumentsSchema: NoArguments.schema,
    // Two sweeps at once only wait for each other.
    batchLimit: 1, concurrency: 1,
    // New data is found and computed without anybody's doing.
    defaultSchedule: DefaultSchedule(cron: "* * * * *"))

  /// Marks of one run. Too low: changes pile up between runs. Too high: a run holds the new jobs back until all are in.
  public static let markLimit = 10_000

  private let storeStatement: Statement
  private static let loadStatement = Statement("sweep_load", Embedded.Sweep.Statements.sweep_load)

  /// A sweep over twins in this schema.
  public init(twinsSchema: String = "public") {
    storeStatement = Statement("sweep_store", Embedded.Sweep.Statements.sweep_store, schemas: ["twins": twinsSchema])
  }

  /// Reads the ids of the oldest marks.
  public func load(_ jobs: [Job], on connection: Connection) async throws -> [JobID: Result<[Int64], JobFailure>] {
    let rows = try await connection.query(Self.loadStatement(Int32(Self.markLimit)))
    let marks = try rows.map { try $0.decode(Int64.self) }
    return Dictionary(uniqueKeysWithValues: jobs.map { ($0.id, .success(marks)) })
  }

  /// Nothing to compute: no marks, no write.
  public func compute(_ marks: [Int64], for job: Job) async throws -> Computed<[Int64]> {
    marks.isEmpty ? .unchanged : .store(marks)
  }

  /// Enqueues and deletes the marks that are taken care of, in one statement.
  public func store(_ outputs: [(job: Job, output: [Int64])], on connection: Connection) async throws {
    // All jobs of a batch read the same marks.
    guard let marks = outputs.first?.output else { return }
    _ = try await connection.query(storeStatement(marks))
  }
}
