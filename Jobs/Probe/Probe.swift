import FoundationEssentials
import Glibc
import Postgres
import Queue

/// A job that does what it is told: for operators who try their installation, and for tests.
public struct Probe: JobKind {
  /// Name, arguments, limits.
  public let definition = KindDefinition(
    name: "probe", summary: "Does what its arguments say: sleep, use a core, fail, crash, write rows",
    argumentsSchema: JSON(
      text: """
        {"type": "object", "additionalProperties": false, "properties": {
          "sleep_ms": {"type": "integer", "minimum": 0, "maximum": 86400000},
          "cpu_ms": {"type": "integer", "minimum": 0, "maximum": 86400000},
          "fail": {"type": "string"},
          "crash": {"type": "boolean"},
          "rows": {"type": "integer", "minimum": 0, "maximum": 100000}}}
        """),
    batchLimit: 1000, concurrency: 1000, readsDatabase: false, backoffBase: .seconds(1),
    timeout: .seconds(2 * 86_400), isForOperators: true, schema: Self.schema)

  /// The table that probes write to.
  public static let schema = SchemaModule("probe", files: Embedded.files(under: "Probe"))

  /// Needs nothing.
  public init() {}

  /// The instructions of a probe.
  public struct Arguments: Codable, Sendable {
    var sleepMilliseconds: Int?
    var cpuMilliseconds: Int?
    var fail: String?
    var crash: Bool?
    var rows: Int?

    enum CodingKeys: String, CodingKey {
      case sleepMilliseconds = "sleep_ms"
      case cpuMilliseconds = "cpu_ms"
      case fail, crash, rows
    }
  }

  /// The arguments are all there is to read.
  public func load(_ jobs: [Job], on connection: Connection) async throws -> [JobID: Result<Arguments, JobFailure>] {
    jobs.decodeArguments(as: Arguments.self)
  }

  /// Sleeps, then computes, then crashes or fails; `rows` are left to `store`.
  public func compute(_ input: Arguments, for job: Job) async throws -> Computed<Int> {
    if let pause = input.sleepMilliseconds, pause > 0 {
      try await Task.sleep(for: .milliseconds(pause))
    }
    if let work = input.cpuMilliseconds, work > 0 {
      let end = ContinuousClock.now + .milliseconds(work)
      while ContinuousClock.now < end { try Task.checkCancellation() }
    }
    if input.crash == true { kill(getpid(), SIGKILL) }
    if let message = input.fail { throw JobFailure(message) }
    return .store(input.rows ?? 0)
  }

  /// Writes `rows` rows for each job.
  public func store(_ outputs: [(job: Job, output: Int)], on connection: Connection) async throws {
    let writing = outputs.filter { $0.output > 0 }
    guard !writing.isEmpty else { return }
    _ = try await connection.query(
      Self.insert(
        writing.map(\.job.id), writing.map { Int32($0.job.attempt) }, writing.map(\.job.token),
        writing.map { Int32($0.output) }))
  }

  private static let insert = Statement("probe_store", Embedded.Probe.Statements.probe_store)
}
