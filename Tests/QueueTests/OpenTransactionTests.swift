import FoundationEssentials
import Postgres
import TestServer
import Testing

@testable import Queue

/// A transaction that an application or a person at psql leaves open holds rows: workers must not wait for it.
@Suite("Open transactions", .dropsDatabases)
struct OpenTransactionTests {
  /// Two connections: the worker's, on which a statement that waits for long is an error, and somebody else's.
  private func database() async throws -> (Connection, other: Connection, QueueWorker) {
    let database = try await QueueDatabase.create()
    let connection = try await database.connect()
    try await connection.script("SET lock_timeout = '5s'")
    return (connection, try await database.connect(), try await QueueWorker.registered(on: connection))
  }

  @Test("a running job that is asked to stop in an open transaction can end all the same")
  func cancelled() async throws {
    let (connection, other, queue) = try await database()
    try await connection.enqueueProbes(1)
    let claim = try await queue.claim(on: connection)
    try await other.script("BEGIN; SELECT twinmill.cancel(1)")
    #expect(try await queue.end(claim.jobs, .completed, token: claim.token, on: connection) == [1])
    try await other.script("COMMIT")
    #expect(try await JobQueue.maintainWaiting(on: connection).isEmpty)
    #expect(try await connection.value("SELECT count(*) FROM twinmill.cancellations") == Int64(0))
  }

  @Test("a dependent that is cancelled in an open transaction keeps nobody from ending, nor others from being let go")
  func heldDependent() async throws {
    let (connection, other, queue) = try await database()
    try await connection.enqueueProbes(2)
    try await connection.script(
      """
      SELECT twinmill.enqueue('probe', depends_on => '{1}'), twinmill.enqueue('probe', depends_on => '{1,2}'),
             twinmill.enqueue('probe', depends_on => '{2}');
      """)
    let claim = try await queue.claim(on: connection)
    try await other.script("BEGIN; SELECT twinmill.cancel(3)")
    #expect(try await queue.end(claim.jobs, .completed, token: claim.token, on: connection) == [1, 2])
    // Job 4 waits for both, and for job 1 alone by now.
    let ready: SQL = "SELECT array_agg(job_id ORDER BY job_id) FROM twinmill.jobs WHERE state = 'ready'"
    #expect(try await connection.value(ready, as: [Int64].self) == [5])
    _ = try await JobQueue.maintainWaiting(on: connection)
    #expect(try await connection.value("SELECT count(*) FROM twinmill.unresolved") == Int64(1))
    try await other.script("ROLLBACK")
    _ = try await JobQueue.maintainWaiting(on: connection)
    #expect(try await connection.value(ready, as: [Int64].self) == [3, 4, 5])
    #expect(try await connection.value("SELECT count(*) FROM twinmill.unresolved") == Int64(0))
    #expect(try await connection.value("SELECT count(*) FROM twinmill.dependencies") == Int64(0))
  }

  @Test("the jobs of a dead worker return though somebody holds the dependent of one that is discarded")
  func heldWhileRescuing() async throws {
    let (connection, other, queue) = try await database()
    try await connection.enqueueProbes(2)
    try await connection.script("SELECT twinmill.enqueue('probe', depends_on => '{1}')")
    _ = try await queue.claim(on: connection)
    try await connection.script("UPDATE twinmill.live_jobs SET crashes = 2 WHERE job_id = 1")
    try await other.script("BEGIN; SELECT FROM twinmill.live_jobs WHERE job_id = 3 FOR UPDATE")
    try await queue.remove(on: connection)
    let rescued = try await JobQueue.rescue([], on: connection).sorted { $0.job < $1.job }
    #expect(rescued.map(\.outcome) == ["discarded", "ready"])
    try await other.script("ROLLBACK")
    _ = try await JobQueue.maintainWaiting(on: connection)
    #expect(try await connection.value("SELECT count(*) FROM twinmill.job_history") == Int64(2))
  }

  @Test("a queue whose limits are changed in an open transaction gives nothing, and keeps no worker waiting")
  func limited() async throws {
    let (connection, other, queue) = try await database()
    try await connection.enqueueProbes(2)
    try await connection.script("SELECT twinmill.limit_queue('default', rate => 5)")
    let ranges = try await queue.ranges(on: connection)
    func claim() async throws -> Int? {
      try await queue.claimLimited(queue: "default", ranges, token: UUID(), on: connection)?.jobs.count
    }
    try await other.script("BEGIN; SELECT twinmill.limit_queue('default', rate => 1)")
    #expect(try await claim() == nil)
    try await connection.script("UPDATE twinmill.live_jobs SET crashes = 2 WHERE job_id = 1")
    let poison = try await queue.claimPoison(
      queues: nil, kinds: ["probe"], token: UUID(), on: connection)
    #expect(poison.jobs.isEmpty)
    try await other.script("COMMIT")
    #expect(try await claim() == 1)
  }

  @Test("a tenant that is weighed in an open transaction keeps no upkeep waiting")
  func weighed() async throws {
    let (connection, other, _) = try await database()
    try await other.script("BEGIN; SELECT twinmill.weigh_tenant('acme', 2)")
    try await connection.script("SET lock_timeout = 0; SET statement_timeout = '10s'")
    let error = await #expect(throws: PostgresError.self) { try await JobQueue.share(["acme": 3], on: connection) }
    #expect(error?.sqlstate == "55P03")
    try await other.script("COMMIT")
    #expect(try await JobQueue.share(["acme": 3], on: connection)["acme"].map { $0 > 1 && $0 <= 1.5 } == true)
  }
}
