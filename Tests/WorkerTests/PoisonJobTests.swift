import FoundationEssentials
import Postgres
import Queue
import Synchronization
import TestServer
import Testing

@testable import Worker

@Suite("Jobs that were there at two crashes", .workerDatabase, .timeLimit(.minutes(30)))
struct PoisonJobTests: DatabaseSuite {
  @Test("jobs that were there at two crashes do not keep the others waiting")
  func poisonTakesTurns() async throws {
    try await connection.enqueueTests(3)
    try await connection.script("UPDATE twinmill.live_jobs SET crashes = 2")
    let gate = Gate()
    let order = Mutex<[JobID]>([])
    let note: @Sendable (JobID) -> Void = { id in order.withLock { $0.append(id) } }
    var kind = TestKind()
    kind.computes = { job in
      note(job.id)
      if job.id == 1 {
        await gate.pass()
      }
      return .store(1)
    }
    let worker = try RunningWorker(database, KindRunner(kind))
    await gate.reached()
    try await connection.enqueueTests(1)
    gate.open()
    for job in 1...4 { #expect(try await connection.finalState(JobID(job)) == "completed") }
    try await worker.stop()
    #expect(order.withLock { $0 } == [1, 4, 2, 3])
  }

  @Test("jobs that were there at two crashes follow one another when nothing else waits")
  func poisonFollows() async throws {
    try await connection.enqueueTests(5)
    try await connection.script("UPDATE twinmill.live_jobs SET crashes = 2")
    let worker = try RunningWorker(database, KindRunner(TestKind())) { $0.poll = .seconds(3600) }
    for job in 1...5 { #expect(try await connection.finalState(JobID(job)) == "completed") }
    try await worker.stop()
  }

  @Test("a job that was there at two crashes, claimed but not begun by a worker that stops, has not crashed again")
  func poisonAtStop() async throws {
    try await connection.enqueueTests(1)
    let gate = Gate()
    var kind = TestKind()
    kind.computes = { _ in
      await gate.pass()
      return .unchanged
    }
    let worker = try RunningWorker(database, KindRunner(kind))
    await gate.reached()
    try await connection.script(
      "BEGIN; SELECT twinmill.enqueue('test'); UPDATE twinmill.live_jobs SET crashes = 2 WHERE job_id = 2; COMMIT")
    try await connection.until("SELECT count(*) = 2 FROM twinmill.claims")
    await worker.group.triggerGracefulShutdown()
    try await connection.until("SELECT bool_and(is_draining) FROM twinmill.workers")
    gate.open()
    try await worker.ended.value
    #expect(try await JobQueue.rescue([], on: connection).isEmpty)
    let left: SQL = "SELECT state::text, crashes::integer, attempt::integer FROM twinmill.jobs"
    let row = try await connection.query(left).only()
    let (state, crashes, attempt) = try row.decode(String.self, Int32.self, Int32.self)
    #expect((state, crashes, attempt) == ("ready", 2, 0))
  }
}
