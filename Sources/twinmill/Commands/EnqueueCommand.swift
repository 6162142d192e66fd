import ArgumentParser
import FoundationEssentials
import Postgres

/// `twinmill enqueue`
struct EnqueueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enqueue", abstract: "Ask for a job, as SELECT twinmill.enqueue(…) does.")

  @OptionGroup var global: GlobalOptions
  @Argument(help: "Kind of job, such as prediction.") var kind: String
  @Option(help: "The twin: its id, or DOMAIN/SUBJECT.") var twin: String?
  @Option(help: "A JSON object.") var arguments = "{}"
  @Option(help: "Queue, instead of the kind's own.") var queue: String?
  @Option(help: "Lower runs first.") var priority = 0
  @Option(help: "Not before this time (ISO 8601).") var runAt: String?
  @Option(help: "At most one unfinished job of this kind with this key.") var uniqueKey: String?
  @Option(help: "How many attempts may end in an error.") var maxAttempts: Int?
  @Flag(help: "Wait for the end, print the final state, and fail unless it is completed.") var wait = false

  func run() async throws {
    let state = try await global.withConnection { try await enqueue(on: $0) }
    if let state, state != "completed" { throw ExitCode(ExitStatus.failed.rawValue) }
  }

  /// Prints what became of it.
  /// - Returns: the final state, if it was waited for.
  private func enqueue(on connection: Connection) async throws -> String? {
    var twinID: UUID?
    if let twin { twinID = try await TwinReference.resolve(twin, on: connection) }
    let rows = try await connection.query(
      """
      SELECT job_id, outcome FROM twinmill.enqueue(\(kind)::text, \(twinID)::uuid, \(arguments)::text::jsonb,
        \(queue)::text, \(Int32(clamping: priority))::integer, \(runAt)::text::timestamptz, \(uniqueKey)::text,
        \(maxAttempts.map { Int32(clamping: $0) })::integer)
      """)
    let (job, outcome) = try rows[0].decode(Int64.self, String.self)
    let state = wait ? try await finalState(of: job, on: connection) : nil
    if global.json {
      let stateText = state.map { ",\"state\":\(JSON.literal($0))" } ?? ""
      print("{\"job_id\":\(job),\"outcome\":\(JSON.literal(outcome))\(stateText)}")
    } else {
      print("job \(job) \(outcome)" + (state.map { ", \($0)" } ?? ""))
    }
    if let state, state != "completed" {
      let errors = try await connection.query(
        "SELECT coalesce(errors -> -1 ->> 'message', '') FROM twinmill.job_history WHERE job_id = \(job)")
      let message: String = try errors[0].decode(String.self)
      StandardError.write("twinmill: job \(job) \(state): \(message)\n")
    }
    return state
  }

  /// Waits in short statements: a long one would hold its snapshot against vacuum.
  private func finalState(of job: Int64, on connection: Connection) async throws -> String {
    var state: String?
    while state == nil {
      try Task.checkCancellation()
      state = try await finalState(of: job, within: "2 s", on: connection)
    }
    return state ?? ""
  }

  /// nil: not in that time.
  private func finalState(
    of job: Int64, within time: String, on connection: Connection
  ) async throws -> String? {
    let answer = await Self.answer(connection, "SELECT twinmill.wait(\(job), \(time)::text::interval)")
    if case .failure(let error) = answer, error.sqlstate == "57014", !error.isConnectionLoss { return nil }
    let state: String = try answer.get()[0].decode(String.self)
    return state
  }

  private static func answer(_ connection: Connection, _ sql: SQL) async -> Result<Rows, PostgresError> {
    do throws(PostgresError) {
      return .success(try await connection.query(sql))
    } catch {
      return .failure(error)
    }
  }
}
