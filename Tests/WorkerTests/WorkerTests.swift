import FoundationEssentials
import Postgres
import Queue
import Synchronization
import TestServer
import Testing

@testable import Worker

@Suite("Worker")
struct WorkerTests {
  @Test("runs what is waiting and what comes in, and stores results with the end of the job")
  func runs() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(25)
    let worker = try RunningWorker(database, KindRunner(TestKind()))
    #expect(try await connection.finalState(25) == "completed")
    try await connection.enqueueTests(1)
    #expect(try await connection.finalState(26) == "completed")
    try await worker.stop()
    #expect(try await connection.writes() == (1...26).map { [$0, 1] })
    let times = try await connection.query(
      """
      SELECT bool_and(enqueued_at <= claimed_at AND claimed_at <= started_at AND started_at <= finished_at)
      FROM twinmill.job_history
      """)
    #expect(try times[0].decode(Bool.self))
    #expect(try await connection.query("SELECT FROM twinmill.workers").isEmpty)
  }

  @Test("polls when it does not listen")
  func polls() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    let worker = try RunningWorker(database, KindRunner(TestKind())) { $0.listens = false }
    try await connection.enqueueTests(1)
    #expect(try await connection.finalState(1) == "completed")
    try await worker.stop()
  }

  @Test("a bad job fails alone: tried again until its attempts are used, then discarded")
  func badCompute() async throws {
    struct Broken: Error, CustomStringConvertible { var description: String { "broken on purpose" } }
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(5, maxAttempts: 3)
    var kind = TestKind()
    kind.computes = { job in
      if job.id == 3 { throw Broken() }
      return .store(1)
    }
    let worker = try RunningWorker(database, KindRunner(kind))
    #expect(try await connection.finalState(3) == "discarded")
    try await worker.stop()
    #expect(try await connection.ended("completed") == [1, 2, 4, 5])
    let row = try await connection.query(
      """
      SELECT attempt::integer, jsonb_array_length(errors), errors -> 2 ->> 'message' FROM twinmill.job_history
      WHERE job_id = 3
      """)[0]
    #expect(try row.decode(Int32.self, Int32.self, String.self) == (Int32(3), Int32(3), "broken on purpose"))
  }

  @Test("a permanent failure is discarded at once")
  func permanent() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(1)
    var kind = TestKind()
    kind.computes = { _ in throw JobFailure("never", isPermanent: true) }
    let worker = try RunningWorker(database, KindRunner(kind))
    #expect(try await connection.finalState(1) == "discarded")
    try await worker.stop()
  }

  @Test("an error in store splits the batch until the bad job stands alone")
  func badStore() async throws {
    struct Unstorable: Error {}
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(8, maxAttempts: 1)
    var kind = TestKind()
    kind.stores = { jobs in if jobs.contains(where: { $0.id == 6 }) { throw Unstorable() } }
    let worker = try RunningWorker(database, KindRunner(kind))
    #expect(try await connection.finalState(6) == "discarded")
    #expect(try await connection.finalState(8) == "completed")
    try await worker.stop()
    #expect(try await connection.writes() == [1, 2, 3, 4, 5, 7, 8].map { [$0, 1] })
    #expect(try await connection.ended("completed") == [1, 2, 3, 4, 5, 7, 8])
  }

  @Test("when load fails for a moment it is tried again in halves, at the cost of no attempt")
  func badLoad() async throws {
    struct Unloadable: Error {}
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(3)
    let failures = Mutex(0)
    let failsOnce: @Sendable () -> Bool = {
      failures.withLock {
        $0 += 1; return $0 == 1
      }
    }
    var kind = TestKind()
    kind.loads = { _ in if failsOnce() { throw Unloadable() } }
    let worker = try RunningWorker(database, KindRunner(kind))
    for job in 1...3 { #expect(try await connection.finalState(JobID(job)) == "completed") }
    try await worker.stop()
    #expect(try await connection.writes() == (1...3).map { [$0, 1] })
  }

  @Test("quick jobs do not wait for the slow one of their batch")
  func slowJob() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(5)
    let release = Signal()
    var kind = TestKind()
    kind.computes = { job in
      if job.id == 1 { await release.next() }
      return .store(1)
    }
    let worker = try RunningWorker(database, KindRunner(kind))
    for job in 2...5 { #expect(try await connection.finalState(JobID(job)) == "completed") }
    #expect(try await connection.ended("completed") == [2, 3, 4, 5])
    release.fire()
    #expect(try await connection.finalState(1) == "completed")
    try await worker.stop()
  }

  @Test("a running job is cancelled when somebody asks")
  func cancels() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(1)
    let started = Signal()
    var kind = TestKind()
    kind.computes = { _ in
      started.fire()
      try await Task.sleep(for: .seconds(3600))
      return .unchanged
    }
    let worker = try RunningWorker(database, KindRunner(kind))
    await started.next()
    #expect(try await connection.query("SELECT twinmill.cancel(1)")[0].decode(String.self) == "cancelling")
    #expect(try await connection.finalState(1) == "cancelled")
    try await worker.stop()
    #expect(try await connection.writes().isEmpty)
  }

  @Test("a stopping worker lets running jobs end")
  func drains() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(1)
    let gate = Gate()
    var kind = TestKind()
    kind.computes = { _ in
      await gate.pass()
      return .store(1)
    }
    // One batch at a time: no claim can be under way while the job runs.
    let worker = try RunningWorker(database, KindRunner(kind)) { $0.concurrency = 1 }
    await gate.reached()
    await worker.group.triggerGracefulShutdown()
    try await connection.until("SELECT is_draining FROM twinmill.workers")
    try await connection.enqueueTests(1)
    gate.open()
    try await worker.ended.value
    #expect(try await connection.ended("completed") == [1])
    #expect(try await connection.query("SELECT state::text FROM twinmill.jobs")[0].decode(String.self) == "ready")
  }

  @Test("past the drain limit jobs are requeued, no attempt is lost")
  func handsBack() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(2)
    let started = Signal()
    var kind = TestKind()
    kind.computes = { _ in
      started.fire()
      try await Task.sleep(for: .seconds(3600))
      return .unchanged
    }
    let worker = try RunningWorker(database, KindRunner(kind)) { $0.drainLimit = .zero }
    await started.next()
    await started.next()
    try await worker.stop()
    let rows = try await connection.query(
      "SELECT state::text, attempt::integer, crashes::integer FROM twinmill.jobs ORDER BY job_id")
    for row in rows { #expect(try row.decode(String.self, Int32.self, Int32.self) == ("ready", Int32(0), Int32(0))) }
    #expect(rows.count == 2)
  }

  @Test("a worker that was declared dead stops with an error and stores nothing")
  func leaseLost() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(1)
    let gate = Gate()
    let failpoints = Failpoints { failpoint, _ in
      guard failpoint == .computed else { return }
      await gate.pass()
    }
    let worker = try RunningWorker(database, KindRunner(TestKind()), failpoints: failpoints)
    await gate.reached()
    try await connection.script(
      "DELETE FROM twinmill.workers; SELECT * FROM twinmill.rescue('{}', '{}')")
    gate.open()
    await #expect(throws: LeaseLost.self) { try await worker.ended.value }
    #expect(try await connection.writes().isEmpty)
    let row = try await connection.query("SELECT state::text, crashes::integer FROM twinmill.jobs")[0]
    #expect(try row.decode(String.self, Int32.self) == ("ready", Int32(1)))
  }

  @Test("the heartbeat goes on while jobs take every compute thread")
  func heartbeatUnderLoad() async throws {
    let database = try await WorkerDatabase.create()
    let connection = try await database.connect()
    try await connection.enqueueTests(4)
    let isOver = Mutex(false)
    let over: @Sendable () -> Bool = { isOver.withLock { $0 } }
    var kind = TestKind()
    kind.computes = { _ in
      while !over() {}
      return .unchanged
    }
    let worker = try RunningWorker(database, KindRunner(kind))
    try await connection.until("SELECT count(*) = 4 FROM twinmill.jobs WHERE state = 'running'")
    let beat = try await connection.query("SELECT heartbeats FROM twinmill.workers")[0].decode(Int64.self)
    try await connection.until("SELECT heartbeats > \(beat + 5) FROM twinmill.workers")
    isOver.withLock { $0 = true }
    try await worker.stop()
  }

  @Test("a database without the schema is refused")
  func unfitDatabase() async throws {
    let database = try await TestDatabase.create()
    let worker = try RunningWorker(database, KindRunner(TestKind()))
    await #expect(throws: MigrationError.self) { try await worker.ended.value }
  }
}
