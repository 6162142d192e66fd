import FoundationEssentials
import Postgres

/// A row of `twinmill.schedules`, with its last tick.
public struct ScheduleSummary: Hashable, Sendable {
  /// Unique.
  public let name: String
  /// Five fields, or a shorthand.
  public let cron: String
  /// IANA name of the zone whose clock `cron` reads.
  public let timeZone: String
  /// The kind of job that is enqueued.
  public let kind: String
  /// The job's arguments: a JSON object as text.
  public let arguments: String
  /// The twin that the job is about.
  public let twinID: UUID?
  /// The job's queue; nil for the kind's own.
  public let queue: String?
  /// The job's priority; lower runs first.
  public let priority: Int
  /// `skip`, `queue_one` or `allow`.
  public let overlap: String
  /// `skip`, `latest` or `all`.
  public let catchUp: String
  /// How many missed instants `all` runs.
  public let catchUpLimit: Int
  /// Jobs start up to this many seconds after the planned instant.
  public let jitterSeconds: Double
  /// Whether it runs.
  public let isEnabled: Bool
  /// Every planned instant up to here has been dealt with.
  public let plannedUntil: Date?
  /// The next planned instant, once a scheduler has looked.
  public let nextAt: Date?
  /// Why the last tick could not be made.
  public let lastError: String?
  /// The newest planned instant that was decided.
  public let lastPlannedAt: Date?
  /// Its outcome: `enqueued`, `merged`, `skipped` or `missed`.
  public let lastOutcome: String?
  /// Its job.
  public let lastJobID: Int64?

  private init(_ row: Row) throws(PostgresError) {
    name = try row.get("name")
    cron = try row.get("cron")
    timeZone = try row.get("time_zone")
    kind = try row.get("kind")
    arguments = try row.get("arguments")
    twinID = try row.get("twin_id")
    queue = try row.get("queue")
    priority = Int(try row.get("priority", as: Int32.self))
    overlap = try row.get("overlap")
    catchUp = try row.get("catch_up")
    catchUpLimit = Int(try row.get("catch_up_limit", as: Int32.self))
    jitterSeconds = try row.get("jitter_seconds")
    isEnabled = try row.get("enabled")
    plannedUntil = try row.get("planned_until")
    nextAt = try row.get("next_at")
    lastError = try row.get("last_error")
    lastPlannedAt = try row.get("last_planned_at")
    lastOutcome = try row.get("last_outcome")
    lastJobID = try row.get("last_job_id")
  }

  /// All schedules by name, or the one of a name (an empty array if there is none).
  public static func list(
    name: String? = nil, on connection: Connection
  ) async throws(PostgresError) -> [ScheduleSummary] {
    var schedules: [ScheduleSummary] = []
    for row in try await connection.query(Statements.listSchedules(name)) {
      schedules.append(try ScheduleSummary(row))
    }
    return schedules
  }
}
