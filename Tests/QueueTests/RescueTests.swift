import FoundationEssentials
import Postgres
import TestServer
import Testing

@testable import Queue

@Suite("Rescue", .dropsDatabases)
struct RescueTests: DatabaseSuite {
  /// A worker whose process is gone: its connection is closed, its last heartbeat an hour old.
  private func deadWorker(in database: TestDatabase, lease: Duration = .seconds(7200)) async throws -> QueueWorker {
    let connection = try await database.connect()
    let queue = try await QueueWorker.registered(on: connection, lease: lease)
    _ = try await queue.claim(on: connection)
    await connection.close()
    let other = try await database.connect()
    // The server frees the lock when it has noticed the end of the session.
    _ = try await other.query("SELECT pg_advisory_lock(\(queue.lockKey)), pg_advisory_unlock(\(queue.lockKey))")
    _ = try await other.query(
      "UPDATE twinmill.workers SET renewed_at = now() - interval '1 hour' WHERE id = \(queue.id)")
    await other.close()
    return queue
  }

  @Test("the jobs of a dead process are ready again, with a crash on their account", .queueDatabase)
  func deadProcess() async throws {
    try await connection.enqueueProbes(2)
    let dead = try await deadWorker(in: database)
    let rescuer = try await QueueWorker.registered(on: connection)
    let beats = try await rescuer.heartbeatsOfOthers(on: connection)
    #expect(beats.map(\.worker) == [dead.id])
    let rescued = try await JobQueue.rescue(beats, on: connection)
    #expect(rescued.map(\.job).sorted() == [1, 2])
    #expect(rescued.allSatisfy { $0.outcome == "ready" })
    let again = try await rescuer.claim(on: connection)
    #expect(again.jobs.map(\.attempt) == [2, 2])
    #expect(again.jobs.map(\.crashes) == [1, 1])
    #expect(try await rescuer.heartbeatsOfOthers(on: connection).isEmpty)
  }

  @Test("a worker whose heartbeat moved since it was looked at is left alone", .queueDatabase)
  func movedBeat() async throws {
    try await connection.enqueueProbes(1)
    let alive = try await deadWorker(in: database)
    let rescuer = try await QueueWorker.registered(on: connection)
    let seen = try await rescuer.heartbeatsOfOthers(on: connection)
    _ = try await connection.query("UPDATE twinmill.workers SET heartbeats = heartbeats + 1 WHERE id = \(alive.id)")
    #expect(try await JobQueue.rescue(seen, on: connection).isEmpty)
  }

  @Test("a worker that holds its lock is left alone until its lease has ended", .queueDatabase)
  func heldLock() async throws {
    try await connection.enqueueProbes(1)
    let theirs = try await database.connect()
    let unreachable = try await QueueWorker.registered(on: theirs, lease: .seconds(7200))
    _ = try await unreachable.claim(on: theirs)
    _ = try await connection.query("UPDATE twinmill.workers SET renewed_at = now() - interval '1 hour'")
    let rescuer = try await QueueWorker.registered(on: connection)
    let seen = try await rescuer.heartbeatsOfOthers(on: connection)
    #expect(try await JobQueue.rescue(seen, on: connection).isEmpty)
    _ = try await connection.query(
      "UPDATE twinmill.workers SET lease_until = now() WHERE id = \(unreachable.id)")
    #expect(try await JobQueue.rescue(seen, on: connection).map(\.job) == [1])
    // The unreachable worker comes back: it is told that it lost its lease, and its result is refused.
    let renewal = try await unreachable.renew(
      lease: .seconds(60), jobsRunning: 1, isDraining: false, clockOffset: nil, on: theirs, deadline: .seconds(600))
    #expect(renewal == nil)
  }

  @Test("a worker without a lock is left alone until its lease has ended, though nobody holds its lock", .queueDatabase)
  func noLock() async throws {
    try await connection.enqueueProbes(1)
    let pooled = try await deadWorker(in: database)
    // As of a worker behind a pooling proxy, which says so itself.
    _ = try await connection.query(
      "UPDATE twinmill.workers SET lock_key = NULL WHERE id = \(pooled.id) AND lock_key = \(pooled.lockKey)")
    let rescuer = try await QueueWorker.registered(on: connection)
    let seen = try await rescuer.heartbeatsOfOthers(on: connection)
    #expect(try await JobQueue.rescue(seen, on: connection).isEmpty)
    _ = try await connection.query("UPDATE twinmill.workers SET lease_until = now() WHERE id = \(pooled.id)")
    #expect(try await JobQueue.rescue(seen, on: connection).map(\.job) == [1])
  }

  @Test("a worker whose lock is still with its lost connection says that it holds none, until it does")
  func lockTakenLater() async throws {
    let database = try await QueueDatabase.create()
    let (lost, fresh) = (try await database.connect(), try await database.connect())
    let queue = try await QueueWorker.registered(on: lost)
    let recorded: SQL = "SELECT coalesce(lock_key, 0) FROM twinmill.workers"
    #expect(try await fresh.query(recorded).only().decode(Int64.self) == queue.lockKey)
    #expect(try await !queue.takeLock(on: fresh))
    #expect(try await fresh.query(recorded).only().decode(Int64.self) == 0)
    _ = try await lost.query("SELECT pg_advisory_unlock(\(queue.lockKey))")
    #expect(try await queue.takeLock(on: fresh))
    #expect(try await fresh.query(recorded).only().decode(Int64.self) == queue.lockKey)
  }

  @Test("jobs whose worker is unknown are returned as well", .queueDatabase)
  func orphans() async throws {
    try await connection.enqueueProbes(1)
    let queue = try await QueueWorker.registered(on: connection)
    _ = try await queue.claim(on: connection)
    try await queue.remove(on: connection)
    #expect(try await JobQueue.rescue([], on: connection).map(\.job) == [1])
  }

  @Test("the second crash sets a job apart, the third discards it with the reason", .queueDatabase)
  func crashBudget() async throws {
    try await connection.enqueueProbes(1)
    for crash in 1...3 {
      let victim = try await QueueWorker.registered(on: connection)
      let claim =
        crash < 3
        ? try await victim.claim(on: connection)
        : try await victim.claimPoison(
          queues: ["default"], kinds: ["probe"], token: UUID(),
          on: connection)
      #expect(claim.jobs.map(\.crashes) == [crash - 1])
      if crash == 3 { #expect(try await victim.claim(on: connection).jobs.isEmpty) }
      try await victim.remove(on: connection)
      let rescued = try await JobQueue.rescue([], on: connection)
      #expect(rescued.map(\.outcome) == [crash < 3 ? "ready" : "discarded"])
    }
    let row = try await connection.query(
      "SELECT state::text, crashes::integer, attempt::integer, errors -> -1 ->> 'message' FROM twinmill.job_history")[0]
    let (state, crashes, attempt, message) = try row.decode(String.self, Int32.self, Int32.self, String.self)
    #expect((state, crashes, attempt) == ("discarded", 3, 3))
    #expect(message.hasPrefix("quarantined"))
  }

  @Test("jobs that are set apart are started at their queue's rate, and count for it", .queueDatabase)
  func crashBudgetAtRate() async throws {
    try await connection.enqueueProbes(4)
    try await connection.script(
      """
      UPDATE twinmill.live_jobs SET crashes = 2 WHERE job_id <= 3;
      SELECT twinmill.limit_queue('default', rate => 2, per => '1 hour');
      """)
    let queue = try await QueueWorker.registered(on: connection)
    let ranges = try await queue.ranges(on: connection)
    func claimed() async throws -> [JobID] {
      try await queue.claimPoison(
        queues: nil, kinds: ["probe"], token: UUID(), on: connection
      ).jobs.map(\.id)
    }
    #expect(try await claimed() == [1])
    #expect(try await claimed() == [2])
    #expect(try await claimed() == [])
    let other = try await queue.claimLimited(queue: "default", ranges, token: UUID(), on: connection)
    #expect(other?.jobs.isEmpty == true)
    try await connection.script("UPDATE twinmill.queue_settings SET rate_left_at = rate_left_at - interval '30 min'")
    #expect(try await claimed() == [3])
  }

  @Test("jobs that are set apart obey their queue's limits and wait while somebody else counts", .queueDatabase)
  func crashBudgetWithinLimits() async throws {
    try await connection.enqueueProbes(4)
    _ = try await connection.query("UPDATE twinmill.live_jobs SET crashes = 2, concurrency_key = job_id / 3")
    let queue = try await QueueWorker.registered(on: connection)
    func claimed() async throws -> [JobID] {
      return try await queue.claimPoison(
        queues: nil, kinds: ["probe"], token: UUID(), on: connection
      ).jobs.map(\.id)
    }
    _ = try await connection.query("SELECT twinmill.limit_queue('default', running => 2, running_per_key => 1)")
    #expect(try await claimed() == [1])
    let other = try await database.connect()
    try await other.script("BEGIN; SELECT FROM twinmill.queue_settings WHERE queue = 'default' FOR UPDATE")
    #expect(try await claimed() == [])
    await other.close()
    try await connection.until(
      """
      SELECT count(*) = 0 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
      WHERE l.relation = 'twinmill.queue_settings'::regclass AND d.datname = current_database()
        AND l.pid <> pg_backend_pid()
      """)
    // Job 2 has the key of job 1; after job 3 the queue is full.
    #expect(try await claimed() == [3])
    #expect(try await claimed() == [])
    _ = try await connection.query("SELECT twinmill.limit_queue('default')")
    #expect(try await claimed() == [2])
    #expect(try await claimed() == [4])
    #expect(try await claimed() == [])
  }
}
