import FoundationEssentials
import Postgres

/// A job in a list.
public struct JobSummary: Hashable, Sendable {
  /// The job's id.
  public let jobID: Int64
  /// `blocked`, `scheduled`, `ready`, `running`, `completed`, `discarded` or `cancelled`.
  public let state: String
  /// The kind of job.
  public let kind: String
  /// The queue that it is in.
  public let queue: String
  /// The twin that it is about.
  public let twinID: UUID?
  /// Attempts so far, with the one that runs.
  public let attempt: Int
  /// When it is due, or was.
  public let runAt: Date
  /// Nil: it is not finished.
  public let finishedAt: Date?
  /// `runAt` as the session's zone shows it.
  public let runAtText: String
  /// `finishedAt` as the session's zone shows it.
  public let finishedAtText: String?
  /// The message of the newest error.
  public let lastError: String?

  private init(_ row: Row) throws(PostgresError) {
    jobID = try row.get("job_id")
    state = try row.get("state")
    kind = try row.get("kind")
    queue = try row.get("queue")
    twinID = try row.get("twin_id")
    attempt = Int(try row.get("attempt", as: Int32.self))
    runAt = try row.get("run_at")
    finishedAt = try row.get("finished_at")
    runAtText = try row.get("run_at_text")
    finishedAtText = try row.get("finished_at_text")
    lastError = try row.get("last_error")
  }

  /// All states that a job can have.
  public static let states = ["blocked", "scheduled", "ready", "running", "completed", "discarded", "cancelled"]

  /// Jobs, newest first: live ones and those finished in the last day.
  /// - Parameters:
  ///   - state: only jobs in this state; nil: in all.
  ///   - kind: only this kind; nil: all.
  ///   - queue: only this queue; nil: all.
  ///   - limit: at most so many.
  public static func list(
    state: String? = nil, kind: String? = nil, queue: String? = nil, limit: Int, on connection: Connection
  ) async throws(PostgresError) -> [JobSummary] {
    var jobs: [JobSummary] = []
    for row in try await connection.query(Statements.listJobs(state, kind, queue, Int64(limit))) {
      jobs.append(try JobSummary(row))
    }
    return jobs
  }

  /// Why a job did not complete; nil when it is not finished, or ended without an error.
  public static func finalError(of job: Int64, on connection: Connection) async throws(PostgresError) -> String? {
    try await connection.query(Statements.finalError(job)).first?.get("message", as: String?.self) ?? nil
  }
}
