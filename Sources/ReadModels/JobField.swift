import Postgres

/// One column of `twinmill.all_jobs`, for one job.
public struct JobField: Hashable, Sendable {
  /// The column.
  public let name: String
  /// The value for people; nil: there is none.
  public let text: String?
  /// The value as JSON.
  public let json: String

  /// Everything that is known of a job, what matters first; empty: there is no such job.
  public static func all(of job: Int64, on connection: Connection) async throws(PostgresError) -> [JobField] {
    var fields: [JobField] = []
    for row in try await connection.query(Statements.jobFields(job)) {
      fields.append(JobField(name: try row.get("name"), text: try row.get("text"), json: try row.get("json")))
    }
    return fields.sorted { $0.rank < $1.rank }
  }

  private static let order = [
    "job_id", "state", "kind", "queue", "twin_id", "priority", "arguments", "result", "attempt", "max_attempts",
    "crashes", "unique_key", "requested_by", "schedule", "tick", "retry_of", "enqueued_at", "run_at", "claimed_at",
    "started_at", "finished_at", "claimed_by", "errors",
  ]

  private var rank: Int { Self.order.firstIndex(of: name) ?? Self.order.count }
}
