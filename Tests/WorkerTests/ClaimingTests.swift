import Postgres
import Queue
import TestServer
import Testing

@testable import Worker

@Suite("Claiming", .workerDatabase)
struct ClaimingTests: DatabaseSuite {
  @Test("an open transaction on the first lane's only job does not keep the other lanes waiting")
  func lockedLane() async throws {
    _ = try await connection.query("SELECT twinmill.enqueue('test', priority => -1)")
    let forgotten = try await database.connect()
    try await forgotten.script("BEGIN; SELECT FROM twinmill.live_jobs WHERE job_id = 1 FOR UPDATE")
    try await connection.enqueueTests(3)
    let worker = try RunningWorker(database, KindRunner(TestKind()))
    for job in 2...4 { #expect(try await connection.finalState(JobID(job)) == "completed") }
    #expect(try await connection.ended("completed") == [2, 3, 4])
    try await forgotten.script("ROLLBACK")
    #expect(try await connection.finalState(1) == "completed")
    try await worker.stop()
  }

  @Test("a job that is never due keeps no worker from claiming the others")
  func neverDue() async throws {
    _ = try await connection.query("SELECT twinmill.enqueue('test', run_at => now() + interval '1 hour')")
    try await connection.script("UPDATE twinmill.live_jobs SET run_at = 'infinity'")
    try await connection.enqueueTests(1)
    let worker = try RunningWorker(database, KindRunner(TestKind()))
    #expect(try await connection.finalState(2) == "completed")
    try await worker.stop()
  }
}
