import FoundationEssentials
import Postgres

/// The work of every worker for the whole queue.
extension JobQueue {
  /// A worker's heartbeat counter.
  public struct Heartbeat: Sendable, Hashable {
    /// The worker that it is of.
    public let worker: UUID
    /// How often the worker has renewed its lease.
    public let count: Int64
    /// How long the worker means to wait between two heartbeats.
    public let interval: Duration

    /// A counter as it was read.
    public init(worker: UUID, count: Int64, interval: Duration) {
      self.worker = worker
      self.count = count
      self.interval = interval
    }
  }

  /// Returns the jobs of workers that stood still at these heartbeats, and jobs whose worker is unknown.
  /// - Returns: the jobs that came back, with `ready` or `discarded` (third crash).
  public static func rescue(
    _ suspects: [Heartbeat], on connection: Connection
  ) async throws(PostgresError) -> [(job: JobID, outcome: String)] {
    var rescued: [(job: JobID, outcome: String)] = []
    for row in try await connection.query(Statements.rescue(suspects.map(\.worker), suspects.map(\.count))) {
      rescued.append(try row.decode(Int64.self, String.self))
    }
    return rescued
  }

  /// Ends jobs that wait beyond their deadline or were cancelled, and makes ready those whose key has room.
  /// - Returns: what was done to how many jobs.
  public static func maintainWaiting(
    on connection: Connection
  ) async throws(PostgresError) -> [(action: String, jobs: Int64)] {
    var done: [(action: String, jobs: Int64)] = []
    for row in try await connection.query(Statements.maintainWaiting()) {
      done.append(try row.decode(String.self, Int64.self))
    }
    return done
  }

  /// The history's partitions, progress of jobs that are gone, tenants that used nothing of late.
  /// - Returns: partitions made or dropped.
  public static func maintainHistory(
    retention: Duration, on connection: Connection
  ) async throws(PostgresError) -> [(partition: String, action: String)] {
    var changes: [(partition: String, action: String)] = []
    // One change a transaction. The bound is for a retention that somebody shortens by years.
    while changes.count < 1000,
      let row = try await connection.query(Statements.maintainHistory(retention.seconds)).first
    {
      changes.append(try row.decode(String.self, String.self))
    }
    _ = try await connection.query(Statements.forget())
    return changes
  }

  /// Adds worker-seconds by tenant, and returns the recent use of all tenants by weight.
  public static func share(
    _ used: [String: Double], on connection: Connection
  ) async throws(PostgresError) -> [String: Double] {
    var shares: [String: Double] = [:]
    for row in try await connection.query(Statements.share(Array(used.keys), Array(used.values))) {
      let (tenant, seconds) = try row.decode(String.self, Double.self)
      shares[tenant] = seconds
    }
    return shares
  }
}
