import FoundationEssentials
import Postgres
import Queue

/// Reads what the database witnesses, in one snapshot, sorted by the server and row by row, so that a million jobs need no
/// more memory here than one.
enum WitnessReader {
  /// How long the server may sort before the first rows come.
  private static let patience: Duration = .seconds(3600)

  /// Prepares the transaction that reads.
  static func begin(on connection: Connection) async throws(PostgresError) {
    _ = try await connection.query(Statement("verify_memory", Embedded.Statements.verify_memory)())
  }

  /// Everything that is known of each job, by job id.
  static func jobs(
    on connection: Connection, _ row: (JobID, WitnessMerge.Record) throws -> Void
  ) async throws {
    try await connection.copyOut(
      Statement("verify_jobs", Embedded.Statements.verify_jobs)(), Int64.self, Int16.self, String?.self,
      String?.self,
      Int32.self, Int32?.self, Int32?.self, UUID?.self, Date?.self, Date?.self, Date?.self, Bool?.self, Int64?.self,
      Bool?.self, [String]?.self, Int64?.self, Int32?.self, Int32?.self, deadline: patience
    ) {
      job, source, state, kind, attempt, limit, crashes, token, claimedAt, startedAt, finishedAt, isStored, rows,
      hasOtherOrigin, ends, distinct, lowest, highest in
      let attempts = Attempts(
        last: Int(attempt), limit: Int(limit ?? 0), crashes: Int(crashes ?? 0), ends: try Self.ends(ends ?? []))
      switch source {
      case 0:
        try row(
          job,
          .final(
            FinalJob(
              state: state ?? "", kind: kind ?? "", attempts: attempts, token: token, claimedAt: claimedAt,
              startedAt: startedAt, finishedAt: finishedAt ?? .distantPast, isStored: isStored ?? false,
              rows: rows.map { Int($0) }, hasOtherOrigin: hasOtherOrigin ?? false)))
      case 1:
        try row(job, .live(LiveJob(state: state ?? "", attempts: attempts)))
      default:
        try row(
          job,
          .writes(
            WriteSet(
              attempt: Int(attempt), token: token, rows: Int(rows ?? 0), distinct: Int(distinct ?? 0),
              lowest: Int(lowest ?? 0), highest: Int(highest ?? 0))))
      }
    }
  }

  /// Jobs with a unique key, by kind, key and time of enqueueing.
  static func keyed(
    on connection: Connection, _ row: (JobID, String, String, Date, Date?) throws -> Void
  ) async throws {
    try await connection.copyOut(
      Statement("verify_keys", Embedded.Statements.verify_keys)(), String.self, String.self, Int64.self,
      Date.self,
      Date?.self, deadline: patience
    ) { kind, key, job, enqueuedAt, finishedAt in
      try row(job, kind, key, enqueuedAt, finishedAt)
    }
  }

  /// Claims (+1) and ends (−1), by queue, concurrency key and time; of the same instant, ends first.
  /// - Parameter byKey: only jobs with a concurrency key, by key; otherwise all jobs of a queue together.
  static func claimed(
    byKey: Bool, on connection: Connection, _ row: (JobID, String, String?, Date, Int) throws -> Void
  ) async throws {
    let statement =
      byKey
      ? Statement("verify_key_limits", Embedded.Statements.verify_key_limits)
      : Statement("verify_limits", Embedded.Statements.verify_limits)
    try await connection.copyOut(
      statement(), String.self, String?.self, Date.self, Int16.self, Int64.self, deadline: patience
    ) { queue, key, time, change, job in
      try row(job, queue, key, time, Int(change))
    }
  }

  /// Spans of time that the server's clock passed twice.
  static func clock(on connection: Connection) async throws(PostgresError) -> ClockSpans {
    var spans: [(from: Date, until: Date)] = []
    for row in try await connection.query(Statement("verify_clock", Embedded.Statements.verify_clock)()) {
      let (from, until) = try row.decode(Date.self, Date.self)
      spans.append((from, until))
    }
    return ClockSpans(spans)
  }

  /// The limits of `twinmill.queue_settings`, by queue; none if they are not asked for.
  static func limitsAsSet(
    _ isAsked: Bool, on connection: Connection
  ) async throws(PostgresError) -> (byQueue: [String: Int], byKey: [String: Int]) {
    var limits: (byQueue: [String: Int], byKey: [String: Int]) = ([:], [:])
    guard isAsked else { return limits }
    for row in try await connection.query(Statement("verify_settings", Embedded.Statements.verify_settings)()) {
      let (queue, most, mostOfKey) = try row.decode(String.self, Int32?.self, Int32?.self)
      limits.byQueue[queue] = most.map { Int($0) }
      limits.byKey[queue] = mostOfKey.map { Int($0) }
    }
    return limits
  }

  /// `attempt cause worker`, as the statement writes them.
  private static func ends(_ texts: [String]) throws(PostgresError) -> [AttemptEnd] {
    var ends: [AttemptEnd] = []
    for text in texts {
      let parts = text.split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 3, let attempt = Int(parts[0]) else {
        throw PostgresError(.decoding, "a job's errors hold what no attempt wrote: \(text)")
      }
      ends.append(AttemptEnd(attempt: attempt, cause: String(parts[1]), worker: String(parts[2])))
    }
    return ends
  }
}
