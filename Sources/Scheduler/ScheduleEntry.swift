import FoundationEssentials
import Postgres
import Queue

/// A schedule as people make it; `ReadModels` has the rows as they read them.
public struct ScheduleEntry: Hashable, Sendable {
  /// Unique name: 1–100 letters, digits, dots, dashes or underscores.
  public var name: String
  /// Five fields, or a shorthand; see ``CronExpression``.
  public var cron: String
  /// IANA name of the zone whose clock `cron` reads.
  public var timeZone: String = "UTC"
  /// The kind of job that is enqueued.
  public var kind: String
  /// The job's arguments: a JSON object as text.
  public var arguments: String = "{}"
  /// The twin that the job is about.
  public var twinID: UUID?
  /// The job's queue; nil for the kind's own.
  public var queue: String?
  /// The job's priority; lower runs first.
  public var priority: Int = 0
  /// `skip`, `queue_one` or `allow`.
  public var overlap: String = "skip"
  /// `skip`, `latest` or `all`.
  public var catchUp: String = "latest"
  /// How many missed instants `all` runs, 1–1000.
  public var catchUpLimit: Int = 10
  /// Jobs start up to this many seconds after the planned instant, 0–86,400.
  public var jitterSeconds: Double = 0
  /// Whether it runs.
  public var isEnabled: Bool = true

  /// A schedule with the defaults of `twinmill.schedule`.
  public init(name: String, cron: String, kind: String) {
    self.name = name
    self.cron = cron
    self.kind = kind
  }

  /// Makes the schedule, or replaces the one of its name (`twinmill.schedule`).
  /// - Throws: 22023 and 23503 with a hint for what could not run.
  public func put(on connection: Connection) async throws(PostgresError) {
    _ = try await connection.query(
      Statements.putSchedule(
        name, cron, kind, arguments, timeZone, twinID, queue, Int32(clamping: priority), overlap, catchUp,
        Int32(clamping: catchUpLimit), jitterSeconds, isEnabled))
  }

  /// Makes the default schedules of kinds that have one and have never had it in this database.
  public static func addDefaults(of kinds: [KindDefinition], on connection: Connection) async throws(PostgresError) {
    for kind in kinds {
      guard let plan = kind.defaultSchedule else { continue }
      _ = try await connection.query(Statements.defaultSchedule(kind.name, plan.cron, plan.timeZone))
    }
  }

  /// Removes a schedule (`twinmill.unschedule`).
  /// - Throws: P0002 when there is none of that name.
  public static func remove(_ name: String, on connection: Connection) async throws(PostgresError) {
    _ = try await connection.query("SELECT twinmill.unschedule(\(name))")
  }

  /// Lets a schedule run from now on, or stops it.
  /// - Throws: P0002 when there is none of that name.
  public static func setEnabled(
    _ isEnabled: Bool, _ name: String, on connection: Connection
  ) async throws(PostgresError) {
    if isEnabled {
      _ = try await connection.query("SELECT twinmill.enable_schedule(\(name))")
    } else {
      _ = try await connection.query("SELECT twinmill.disable_schedule(\(name))")
    }
  }

  /// Enqueues a schedule's job now, besides its plan.
  /// - Returns: The job's id.
  /// - Throws: P0002 when there is none of that name.
  public static func run(_ name: String, on connection: Connection) async throws(PostgresError) -> Int64 {
    try await connection.query("SELECT job_id FROM twinmill.run_schedule(\(name))").only().get("job_id")
  }
}
