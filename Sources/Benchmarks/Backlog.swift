import Files
import FoundationEssentials
import Postgres

/// Waiting jobs of the benchmark's queue: made, looked at, taken away. The only file that knows the queue's tables.
struct Backlog: Sendable {
  let stage: BenchStage

  /// The composition of a backlog.
  struct Mix: Sendable {
    /// Jobs are spread over priorities 0 … this - 1.
    var priorities = 1
    /// Every how many-th job is due tomorrow; 0: none.
    var laterEvery = 0
    /// Tenants that the jobs are spread over.
    var tenants = 1
    /// Concurrency keys that the jobs are spread over; 0: no keys.
    var keys = 0
  }

  private static let fill = Statement("bench_fill", Embedded.Statements.bench_fill)
  private static let clear = Statement("bench_clear", Embedded.Statements.bench_clear)
  private static let jobsOpen = Statement("bench_jobs_open", Embedded.Statements.bench_jobs_open)
  private static let lastFinished = Statement("bench_last_finished", Embedded.Statements.bench_last_finished)
  private static let chunk = 1_000_000
  private static let tables = [
    "twinmill.live_jobs", "twinmill.claims", "twinmill.lanes", "twinmill.job_history", "twinmill.probe_writes",
  ]

  /// Takes away the benchmark's jobs, finished or not.
  func clear(on connection: Connection) async throws {
    if stage.isPrivate {
      try await connection.script("TRUNCATE \(Self.tables.joined(separator: ", "))")
      return
    }
    _ = try await connection.query(Self.clear(BenchStage.queue))
    for table in Self.tables { try await connection.script("VACUUM \(table)") }
  }

  /// Makes waiting no-op probes, by set-based SQL past `enqueue`, then lets the server settle.
  func fill(_ count: Int, _ mix: Mix = Mix(), on connection: Connection) async throws {
    var left = count
    while left > 0 {
      let part = min(left, Self.chunk)
      _ = try await connection.query(
        Self.fill(
          Int32(part), Int32(mix.priorities), Int32(mix.laterEvery), BenchStage.queue, JSON("{}"),
          Int32(mix.tenants), Int32(mix.keys)))
      left -= part
      if count > Self.chunk { stage.say("  backlog: \(count - left) of \(count)") }
    }
    try await settle(on: connection)
  }

  /// Statistics fresh, dead rows gone, everything on disk: what came before weighs on no measurement.
  func settle(on connection: Connection) async throws {
    try await connection.script("VACUUM (ANALYZE) twinmill.live_jobs")
    try await checkpoint(on: connection)
  }

  /// A checkpoint, where this role may ask for one.
  func checkpoint(on connection: Connection) async throws {
    let may: Bool = try await connection.query(
      """
      SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
        OR coalesce(pg_has_role(current_user, (SELECT oid FROM pg_roles WHERE rolname = 'pg_checkpoint'), 'USAGE'), false)
      """)[0].decode(Bool.self)
    if may { try await connection.script("CHECKPOINT") }
  }

  /// The newest job's id.
  func last(on connection: Connection) async throws -> Int64 {
    try await connection.query(
      """
      SELECT coalesce(max(j.job_id), 0) FROM twinmill.live_jobs j JOIN twinmill.lanes l ON l.lane = j.lane
      WHERE l.queue = \(BenchStage.queue)
      """)[0].decode(Int64.self)
  }

  /// Unfinished jobs.
  func open(on connection: Connection) async throws -> Int {
    let count: Int64 = try await connection.query(Self.jobsOpen(BenchStage.queue))[0].decode(Int64.self)
    return Int(count)
  }

  /// Returns when every job is finished. Looks at the newest finished id first, which costs the server nothing, and
  /// counts only when that has come to `last`.
  /// - Parameter look: called at each look.
  /// - Throws: `CommandFailure` when a worker has ended, or nothing is finished for two minutes.
  func untilEmpty(last: Int64, workers: [BenchWorker], on connection: Connection, look: () -> Void = {}) async throws {
    var newest: Int64 = -1
    var movedAt = ContinuousClock.now
    while true {
      look()
      for worker in workers { try worker.check() }
      let finished: Int64 = try await connection.query(Self.lastFinished())[0].decode(Int64.self)
      if finished >= last {
        if try await open(on: connection) == 0 { return }
        try await Task.sleep(for: .milliseconds(5))
      } else {
        try await Task.sleep(for: .milliseconds(20))
      }
      if finished != newest {
        newest = finished
        movedAt = .now
      }
      guard ContinuousClock.now - movedAt < .seconds(120) else {
        throw CommandFailure("no job has finished for two minutes; see \(stage.folder)/worker.log")
      }
    }
  }
}
