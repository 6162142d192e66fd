import ArgumentParser
import Files
import FoundationEssentials
import Postgres
import ReadModels

/// `twinmill enqueue`
struct EnqueueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enqueue", abstract: "Ask for a job, as SELECT twinmill.enqueue(…) does, or for the jobs of a file.",
    discussion: """
      With --from, each line of the file is a JSON object. Its members are the parameters of twinmill.enqueue, as in \
      {"kind": "prediction", "twin": "sensor/pump-7", "unique_key": "a"}. The lines go in by chunks; each chunk is a \
      transaction of its own. If something fails, the lines that were reported are stored, and the message says with \
      which --first-line to go on. A refused line does not stop the others. With --atomic the whole file goes in, or \
      nothing.
      """)

  @OptionGroup var global: GlobalOptions
  @Argument(help: "Kind of job, such as prediction.") var kind: String?
  @Option(help: "The twin: its id, or DOMAIN/SUBJECT.") var twin: String?
  @Option(help: "A JSON object.") var arguments = "{}"
  @Option(help: "Queue, instead of the kind's own.") var queue: String?
  @Option(parsing: .unconditional, help: "Lower runs first; -32768 to 32767.") var priority: Int16 = 0
  @Option(help: "Not before this time (ISO 8601).") var runAt: String?
  @Option(help: "At most one unfinished job of this kind with this key.") var uniqueKey: String?
  @Flag(help: "Replace a waiting job with the same kind and key, instead of keeping it.") var replace = false
  @Option(help: "How many attempts may end in an error.") var maxAttempts: Int?
  @Option(help: "Wait for this job; may be repeated.") var dependsOn: [Int64] = []
  @Option(help: "When one of those is discarded or cancelled: discard this job too, or run it all the same.")
  var onDiscard = "discard"
  @Option(help: "Whom the work is for; tenants share the workers fairly.") var tenant = ""
  @Option(help: "What the queue's limit per key counts by.") var concurrencyKey: String?
  @Option(help: "Discard it when it has not ended by this time (ISO 8601).") var deadline: String?
  @Flag(help: "Wait for the end, print the final state, and fail unless it is completed.") var wait = false
  @Option(help: "Enqueue the jobs of this file of JSON lines; - is standard input.", completion: .file())
  var from: String?
  @Flag(help: "With --from: all of the file, or nothing.") var atomic = false
  @Option(help: "With --from: write each line's outcome to this file, as --json writes it to standard output.")
  var log: String?
  @Option(help: "With --from: pass over the lines before this one.") var firstLine = 1

  func validate() throws {
    guard (kind == nil) != (from == nil) else {
      throw ValidationError("give either a kind, or a file of jobs with --from.")
    }
    guard from != nil || (!atomic && log == nil && firstLine == 1) else {
      throw ValidationError("--atomic, --log and --first-line go with --from.")
    }
    guard !(atomic && global.json) else {
      throw ValidationError("--atomic tells nothing before the end: write the outcomes to a file with --log.")
    }
  }

  func run() async throws {
    if let from {
      try await enqueueFile(from)
      return
    }
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
      SELECT job_id, outcome, twinmill.enqueued_at(job_id)::text FROM twinmill.enqueue(\(kind)::text, \(twinID)::uuid, \(arguments)::text::jsonb,
        \(queue)::text, \(Int32(priority))::integer, \(runAt)::text::timestamptz, \(uniqueKey)::text,
        \(maxAttempts.map { Int32(clamping: $0) })::integer, \(dependsOn)::bigint[], \([onDiscard])::text[],
        \(tenant)::text, \(concurrencyKey)::text, \(deadline)::text::timestamptz,
        \(replace ? "replace" : "keep")::text)
      """)
    let (job, outcome, enqueuedAt) = try rows[0].decode(Int64.self, String.self, String?.self)
    let state = wait ? try await finalState(of: job, enqueuedAt, on: connection) : nil
    if global.json {
      let stateText = state.map { ",\"state\":\(JSON.literal($0))" } ?? ""
      print("{\"job_id\":\(job),\"outcome\":\(JSON.literal(outcome))\(stateText)}")
    } else {
      print("job \(job) \(outcome)" + (state.map { ", \($0)" } ?? ""))
    }
    if let state, state != "completed" {
      let message = try await JobSummary.finalError(of: job, on: connection) ?? ""
      StandardError.write("twinmill: job \(job) \(state): \(message)\n")
    }
    return state
  }

  /// Waits in short statements: a long one would hold its snapshot against vacuum.
  private func finalState(of job: Int64, _ enqueuedAt: String?, on connection: Connection) async throws -> String {
    var state: String?
    while state == nil {
      try Task.checkCancellation()
      state = try await finalState(of: job, enqueuedAt, within: "2 s", on: connection)
    }
    return state ?? ""
  }

  /// nil: not in that time.
  private func finalState(
    of job: Int64, _ enqueuedAt: String?, within time: String, on connection: Connection
  ) async throws -> String? {
    let answer = await Self.answer(
      connection, "SELECT twinmill.wait(\(job), \(time)::text::interval, \(enqueuedAt)::text::timestamptz)")
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
